"""The till's folder, watched: claim, read, hand to the sink, then archive or quarantine.

What it promises:

- A file leaves the till's folder only into a claim, and a claim ends only when its sales are
  durable in the sink and its bytes are sealed in the archive; what of it cannot be read lies
  sealed in quarantine with a reason, record by record.
  Killed anywhere in between, the next start begins with the claims; the sink knows what it has.
- While the sink or the disk cannot take more, the file stays claimed and all others stay where they
  are, in order. One that cannot be read is set aside and never stops the next.
- Files are read in the order of their last change, then of their names.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import assert_never

from agent.capture.pos.claims import Claims, SpooledFile
from agent.capture.pos.keeping import Keeping
from agent.capture.pos.kinds import POSLOG, FileKind
from agent.capture.pos.processing import Fate, FileReader, FileUnreachable, Processor
from agent.capture.pos.setbacks import Setbacks
from agent.capture.pos.settling import Settling
from agent.capture.pos.sink import SaleSink
from agent.capture.pos.watch import FolderWatch, open_watch
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.wire.ids import DeviceId

_LOG = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SpoolSettings:
    """How the folder is watched.

    Attributes:
        rescan_s: a full look at the folder, whatever the watch says.
        settle_s: an unreadable file is quarantined when it has not changed for so long.
        max_file_bytes: larger files are left in the folder. Memory does not limit them, time does.
        backoff_base_s, backoff_cap_s: first and longest wait while the sink takes nothing.
    """

    rescan_s: float = 5.0
    settle_s: float = 2.0
    max_file_bytes: int = 2 * 1024 * 1024 * 1024
    backoff_base_s: float = 0.1
    backoff_cap_s: float = 10.0


@dataclass(frozen=True, slots=True)
class SpoolStatus:
    """What the spool has done since it was made, and what holds it up.

    Attributes:
        waiting: files in the folder or claimed, at the last look.
        last_file_at: when the last file was captured, by the wall clock.
        blocked: why nothing is taken at present; empty when all is well.
        folder_present: False while the folder is missing.
        out_of_room: nothing is taken because no room is left for it, on the disk or in a budget.
        at_ease: the last look at the folder went through.
    """

    captured_files: int = 0
    captured_sales: int = 0
    quarantined: int = 0
    waiting: int = 0
    last_file_at: datetime | None = None
    blocked: str = ""
    folder_present: bool = True
    out_of_room: bool = False
    at_ease: bool = False


class Spool:
    """One till folder and the thread that serves it. Stopped for good once stopped."""

    def __init__(
        self,
        folder: Path,
        device: DeviceId,
        *,
        reader: FileReader,
        sink: SaleSink,
        keeping: Keeping,
        clock: Clock,
        settings: SpoolSettings | None = None,
        watch: Callable[[Path], FolderWatch] = open_watch,
        kind: FileKind = POSLOG,
    ) -> None:
        """``kind``: what the folder holds; ``reader`` reads such files."""
        self._kind = kind
        self._claims = Claims(folder, device, kind.suffixes)
        self._clock = clock
        self._settings = settings or SpoolSettings()
        self._settling = Settling(self._settings.settle_s)
        self._processor = Processor(reader, sink, keeping, self._settling, clock, content=kind.open)
        self._open_watch = watch
        self._complained: set[str] = set()
        self._status = SpoolStatus()
        self._stopping = threading.Event()
        self._setbacks = Setbacks(
            "spool",
            clock=clock,
            stopping=self._stopping,
            first_s=self._settings.backoff_base_s,
            longest_s=self._settings.backoff_cap_s,
        )
        self._watch: FolderWatch | None = None
        self._thread: threading.Thread | None = None

    @property
    def status(self) -> SpoolStatus:
        """The latest figures. Safe from any thread."""
        return self._status

    def start(self) -> None:
        """Serve the folder in a thread of its own, beginning with what a crash has left."""
        watch = self._watch = self._open_watch(self._claims.folder)
        self._thread = threading.Thread(
            target=self._run, args=(watch,), name="till-spool", daemon=True
        )
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Finish the file under way and end the thread. Does nothing the second time."""
        self._stopping.set()
        thread, watch = self._thread, self._watch
        if thread is None or watch is None:
            return
        watch.wake()
        thread.join(timeout_s)
        if not thread.is_alive():
            watch.close()
            self._thread = self._watch = None

    def step(self) -> int:
        """Look once and take everything that is ready. Returns the number of files done with.

        Raises:
            TransientError, FaultyDevice: sink or disk cannot take more; call again later.
        """
        done = sum(self._take(file) for file in self._claims.held())
        done += sum(self._take(file) for file in self._claim_each(self._look()))
        left = [*self._claims.held(), *self._look()]
        self._settling.keep_only(file.name for file in left)
        self._status = replace(self._status, waiting=len(left))
        return done

    def _look(self) -> list[SpooledFile]:
        try:
            files = self._claims.waiting()
        except FileNotFoundError:
            self._complain("till_folder_missing", str(self._claims.folder))
            self._status = replace(self._status, folder_present=False)
            return []
        if not self._status.folder_present:
            _LOG.info("till_folder_found", path=str(self._claims.folder))
            self._complained.discard(str(self._claims.folder))
            self._status = replace(self._status, folder_present=True)
        return files

    def _claim_each(self, files: list[SpooledFile]) -> Iterator[SpooledFile]:
        """Claim files one by one, so that those behind a refused one stay in the folder."""
        for file in files:
            try:
                claimed = self._claims.claim(file) if self._is_ready(file) else None
            except OSError as error:
                self._complain("till_file_unreachable", file.name, reason=error.strerror)
                continue
            if claimed is not None:
                yield claimed

    def _is_ready(self, file: SpooledFile) -> bool:
        if file.size > self._settings.max_file_bytes:
            self._complain("till_file_too_large", file.name, bytes=file.size)
            return False
        return self._kind.looks_whole(file) or self._settling.has_settled(
            file, self._clock.monotonic_s()
        )

    def _take(self, file: SpooledFile) -> bool:
        """Process one claimed file; whether it is done with."""
        try:
            outcome = self._processor.process(file)
        except FileUnreachable as error:
            self._complain("till_file_unreachable", file.name, reason=str(error))
            return False
        status = self._status
        match outcome.fate:
            case Fate.CAPTURED:
                self._status = replace(
                    status,
                    captured_files=status.captured_files + 1,
                    captured_sales=status.captured_sales + outcome.sales,
                    quarantined=status.quarantined + outcome.kept,
                    last_file_at=self._clock.now(),
                )
            case Fate.QUARANTINED:
                self._status = replace(
                    status,
                    captured_sales=status.captured_sales + outcome.sales,
                    quarantined=status.quarantined + outcome.kept,
                )
            case Fate.LATER:
                return False
            case _:
                assert_never(outcome.fate)
        self._complained.discard(file.name)
        return True

    def _run(self, watch: FolderWatch) -> None:
        while not self._stopping.is_set():
            try:
                self.step()
                self._unblock()
                watch.wait(self._pause_s())
            except Exception as error:  # noqa: BLE001 - the loop's edge: a till is never given up
                self._block(error)

    def _pause_s(self) -> float:
        """Until the next look: sooner while a file is given time to settle."""
        settings = self._settings
        soon_s = min(settings.rescan_s, settings.settle_s / 4)
        return soon_s if self._settling.is_waiting else settings.rescan_s

    def _block(self, error: Exception) -> None:
        """Say once what is wrong, then wait twice as long as the last time."""
        setback = self._setbacks.met(error)
        self._status = replace(
            self._status,
            blocked=setback.reason,
            out_of_room=setback.out_of_room,
            at_ease=False,
        )
        self._setbacks.wait()

    def _unblock(self) -> None:
        self._setbacks.over()
        self._status = replace(self._status, blocked="", out_of_room=False, at_ease=True)

    def _complain(self, event: str, about: str, **facts: object) -> None:
        """Warn of something once, until it is over."""
        if about not in self._complained:
            self._complained.add(about)
            _LOG.warning(event, about=about, next_step=_NEXT_STEPS[event], **facts)


_NEXT_STEPS = {
    "till_folder_missing": "mount or make it, or correct till.folder; the agent waits for it",
    "till_file_unreachable": "let the agent's user read and rename it; it is tried again",
    "till_file_too_large": "split it, then put the parts into the folder",
}

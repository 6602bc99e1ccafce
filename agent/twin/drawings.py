"""What is drawn over the cameras: as configured, as wanted, as changed here, as proposed.

In force is, of one camera: what somebody at the device applied here, until the cloud wants another
one after that; else what the cloud wants; else the configuration. A drawing that the rules of the
configuration refuse never gets into force, wherever it comes from.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from agent.config import CameraSettings, Drawn
from agent.errors import DiskUnusable
from models.durable import write_whole
from models.runtime.logs import get_logger
from models.wire.drawing import (
    ENTRY,
    CameraReport,
    CameraWish,
    Drawing,
    Proposal,
    read_wishes,
)
from models.wire.envelope import utc_ms
from models.wire.twin import Desired

_LOG = get_logger(__name__)


class Outcome(NamedTuple):
    """What became of the last proposal of a camera.

    Attributes:
        word: ``none``, ``proposed``, ``accepted``, ``refused``, ``applied`` or ``impossible``.
        at: when it was proposed; empty for ``none``.
        reason: why it was refused, or is impossible.
    """

    word: str
    at: str = ""
    reason: str = ""


class _Camera(msgspec.Struct, frozen=True):
    """What is kept of one camera.

    Attributes:
        proposal: what waits for an answer.
        here: what was applied here without asking.
        beside: the version of the desired document at that time.
        outcome: of the last proposal that was answered or applied.
    """

    proposal: Proposal | None = None
    here: Drawing | None = None
    beside: int = 0
    outcome: Outcome = Outcome("none")


class Drawings:
    """The drawings of all cameras of this box, kept in a file. Safe from any thread."""

    def __init__(
        self,
        path: Path,
        cameras: Sequence[CameraSettings],
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        apply_here: bool = False,
    ) -> None:
        """Take up what ``path`` keeps; a file that is lost or damaged means nothing but settings.

        Args:
            path: of the file.
            cameras: as configured.
            now: for the date of a proposal.
            new_id: names a proposal.
            apply_here: a proposal takes effect at once, and the cloud is told.
        """
        self._path = path
        self._cameras = {camera.name: camera for camera in cameras}
        self._now = now
        self._new_id = new_id
        self._apply_here = apply_here
        self._lock = threading.RLock()
        self._kept = self._read()
        self._wishes: Mapping[str, CameraWish] = {}
        self._version = 0
        self._news = False
        self._heard: Callable[[str], object] = lambda _camera: None
        self._said: Callable[[], object] = lambda: None

    def on_redrawn(self, listener: Callable[[str], object]) -> None:
        """Call ``listener`` with every camera of which another drawing is in force."""
        self._heard = listener

    def on_news(self, listener: Callable[[], object]) -> None:
        """Call ``listener`` when there is something to report; see ``has_news``."""
        self._said = listener

    def has_news(self) -> bool:
        """Whether something was proposed or applied since this was asked last."""
        with self._lock:
            news, self._news = self._news, False
            return news

    def in_force(self, camera: str) -> Drawn:
        """What a camera counts with."""
        return Drawn.over(self.settings(camera))

    def settings(self, camera: str) -> CameraSettings:
        """A camera's settings with that drawn over it."""
        with self._lock:
            return self._judge(camera)[0]

    def standing(self, camera: str) -> Outcome:
        """What became of the last proposal."""
        with self._lock:
            kept, trouble = self._of(camera), self._judge(camera)[1]
            if kept.proposal is not None:
                return Outcome("proposed", kept.proposal.at)
            if trouble:
                return Outcome("impossible", kept.outcome.at, trouble)
            return kept.outcome

    def propose(self, camera: str, drawn: Drawn) -> None:
        """Keep a proposal, durably, or apply it where that is allowed; then it is reported.

        Raises:
            ValueError: the rules of the configuration refuse it.
            DiskUnusable: it cannot be kept.
        """
        drawn.onto(self._cameras[camera])
        proposal = Proposal(id=self._new_id(), at=utc_ms(self._now()), drawing=as_drawing(drawn))
        with self._lock:
            if self._apply_here:
                applied = Outcome("applied", proposal.at)
                kept = _Camera(None, proposal.drawing, self._version, applied)
            else:
                kept = msgspec.structs.replace(self._of(camera), proposal=proposal)
            self._keep({camera: kept})
            self._news = True
        if self._apply_here:
            self._heard(camera)
        self._said()

    def take(self, desired: Desired) -> None:
        """Follow a desired document; what it says of other things is not looked at here."""
        with self._lock:
            before = {name: self.in_force(name) for name in self._cameras}
            self._wishes, self._version = read_wishes(desired.document), desired.version
            self._keep_answers()
            redrawn = [name for name, old in before.items() if self.in_force(name) != old]
        for name in redrawn:
            _LOG.info("camera_redrawn", camera=name, version=desired.version)
            self._heard(name)

    def report(self) -> dict[str, CameraReport]:
        """The entries of the reported document."""
        with self._lock:
            return {f"{ENTRY}{name}": self._report(name) for name in self._cameras}

    def _report(self, camera: str) -> CameraReport:
        settings, trouble = self._judge(camera)
        kept = self._of(camera)
        return CameraReport(
            drawing=as_drawing(Drawn.over(settings)),
            applied_here=kept.here is not None,
            proposal=kept.proposal,
            trouble=trouble,
        )

    def _judge(self, camera: str) -> tuple[CameraSettings, str]:
        """The settings in force, and why what is wanted is not."""
        configured = self._cameras[camera]
        wish = self._wishes.get(camera, CameraWish())
        wanted = self._of(camera).here or wish.drawing
        if wanted is None:
            return configured, ""
        try:
            return as_drawn(wanted).onto(configured), ""
        except ValueError as error:
            return configured, str(error)[:500]

    def _of(self, camera: str) -> _Camera:
        return self._kept.get(camera, _Camera())

    def _keep_answers(self) -> None:
        """Proposals that were answered wait no more; what was applied here gives way to a wish."""
        changed = {}
        for name, wish in self._wishes.items():
            if name not in self._cameras:
                continue
            kept = _answered(self._of(name), wish)
            if kept.here is not None and wish.drawing is not None and self._version > kept.beside:
                kept = msgspec.structs.replace(kept, here=None)
            if kept != self._of(name):
                changed[name] = kept
        try:
            self._keep(changed)
        except DiskUnusable as error:
            # The wish is kept by itself; after a restart the proposal is answered once more.
            _LOG.warning("camera_drawings_not_kept", error=str(error))

    def _keep(self, changed: Mapping[str, _Camera]) -> None:
        if not changed:
            return
        kept = {**self._kept, **changed}
        try:
            write_whole(self._path, msgspec.json.encode(kept))
        except OSError as error:
            raise DiskUnusable(
                f"{self._path}: {error.strerror}; free or repair the disk, then draw again"
            ) from error
        self._kept = kept

    def _read(self) -> dict[str, _Camera]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, _Camera])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            _LOG.warning("camera_drawings_unreadable", path=str(self._path), error=str(error))
            return {}


def as_drawing(drawn: Drawn) -> Drawing:
    """As it travels."""
    return msgspec.convert(msgspec.to_builtins(drawn), Drawing)


def as_drawn(drawing: Drawing) -> Drawn:
    """As settings have it; raises ValueError where the rules refuse a shape of it."""
    return msgspec.convert(msgspec.to_builtins(drawing), Drawn)


def _answered(kept: _Camera, wish: CameraWish) -> _Camera:
    proposal = kept.proposal
    if proposal is None or proposal.id != wish.answered:
        return kept
    word = "accepted" if wish.accepted else "refused"
    outcome = Outcome(word, proposal.at, wish.reason)
    return msgspec.structs.replace(kept, proposal=None, outcome=outcome)

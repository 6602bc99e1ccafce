"""An audit of a live camera: what a person marks, and what the counter tells in that time.

What is told is noted some seconds later, when it is known whether it was staff or a group. Nothing
of it is shown to the person who marks. The file holds times, lines and directions, no picture.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from agent.capture.footfall.audit.book import MarkBook
from agent.capture.footfall.audit.marks import Begun, Told
from agent.capture.footfall.audit.standing import holds_for
from agent.capture.footfall.counting.line import Direction
from agent.capture.footfall.messages import Seen
from agent.capture.footfall.overheard import Counting, Overheard
from agent.config import RECORDED, CameraSettings
from agent.errors import AgentError, CameraLost
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_SETTLED_S: Final = 5.0
"""Who was staff, and who led a group, is known by then (``docs/explanation/footfall.md``)."""

_GAP_S: Final = 1.0

_Key = tuple[str, str, float]


@dataclass(slots=True)
class _Crossing:
    staff: bool = False
    leads: bool = False


class LiveAudit:
    """One audit, from its beginning to its end. Safe from any thread.

    Args:
        camera: as it is drawn now.
        overheard: tells what its counter tells.
        folder: of all cameras' audits.
        began_at: now; aware UTC.

    Attributes:
        path: the file of marks.

    Raises:
        CameraLost: nobody watches the camera now.
        DiskUnusable: the file cannot be written.
    """

    def __init__(
        self, camera: CameraSettings, overheard: Overheard, folder: Path, began_at: datetime
    ) -> None:
        counting, self._watcher = overheard.counting
        if counting is None:
            raise CameraLost(f"camera {camera.name} gives no picture yet; audit it when it does")
        self._camera = camera
        self._counting = counting
        self._overheard = overheard
        self._pending: dict[_Key, _Crossing] = {}
        self._lock = threading.Lock()
        self._broken = False
        self.path = folder / camera.name / f"{began_at:%Y%m%dT%H%M%SZ}.jsonl"
        self._book = MarkBook(self.path, _begun(camera, counting, began_at), _GAP_S)
        overheard.listen(self._hear)

    def saw(self, at_s: float) -> None:
        """See ``MarkBook``."""
        self._book.saw(at_s)

    def jot(self, said: bytes) -> None:
        """See ``MarkBook``."""
        self._book.jot(said)

    def undo(self) -> None:
        """See ``MarkBook``."""
        self._book.undo()

    def standing(self) -> bytes:
        """See ``MarkBook``: the person's own marks, nothing of the counter's."""
        return self._book.standing()

    def end(self, camera: CameraSettings) -> bool:
        """Note what is left, and close the file. Idempotent; raises DiskUnusable.

        Args:
            camera: as it is drawn now.

        Returns:
            Whether the audit says something: all the time the camera was counted in one way.
        """
        self._overheard.listen(None)
        with self._lock:
            self._note(until_s=float("inf"))
        self._book.close()
        return not self._broken and self._is_as_it_was(camera)

    def _is_as_it_was(self, camera: CameraSettings) -> bool:
        counting, watcher = self._overheard.counting
        if camera.kind in RECORDED and watcher != self._watcher:
            return False  # a clip began again, and its times with it
        then, now = (
            holds_for(drawn, how.rule, how.network)
            for drawn, how in ((self._camera, self._counting), (camera, counting or self._counting))
        )
        return then == now

    def _hear(self, seen: Seen) -> None:
        """In the keeper's thread, which no disk of ours may stop."""
        with self._lock:
            for told in seen.crossings:
                self._pending[told.line, told.direction, told.at_s] = _Crossing()
            for settled in seen.settled:
                crossing = self._pending.get((settled.line, settled.direction, settled.at_s))
                if crossing is not None:
                    crossing.staff, crossing.leads = settled.staff, settled.leads
            try:
                self._note(until_s=seen.last_s - _SETTLED_S)
            except AgentError as error:
                self._broken = True
                _LOG.warning("audit_not_noted", camera=self._camera.name, error=str(error))

    def _note(self, until_s: float) -> None:
        for key in [key for key in self._pending if key[2] <= until_s]:
            crossing, (line, direction, at_s) = self._pending.pop(key), key
            self._book.tell(
                Told(
                    t=round(at_s, 3),
                    line=line,
                    direction=Direction(direction),
                    staff=crossing.staff,
                    leads=crossing.leads,
                )
            )


def _begun(camera: CameraSettings, counting: Counting, began_at: datetime) -> Begun:
    width, height = counting.size
    return Begun(
        source=camera.name,
        lines={
            line.name: (
                f"{line.begin[0] * width:.1f},{line.begin[1] * height:.1f},"
                f"{line.end[0] * width:.1f},{line.end[1] * height:.1f}"
            )
            for line in camera.line
        },
        began_at=began_at.isoformat(),
        holds_for=holds_for(camera, counting.rule, counting.network),
        rule=counting.rule,
        network=counting.network,
    )

"""A box with two cameras that serves its set-up page on the loopback; the cameras are simulated.

One person walks there and back through the middle of each picture, and crosses every line that is
drawn each time. What is proposed is kept by the real drawings; the test plays the cloud.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

import cv2
import msgspec
import numpy as np

from agent.app.audits import LiveAudits
from agent.capture.footfall.overheard import Overheard
from agent.capture.footfall.viewfinder.words import Glimpse, Person
from agent.config import CameraSettings, Drawn, LineSettings, TabletSettings
from agent.replica import Replica
from agent.tablet import TabletServer
from agent.tablet.setup.cameras import Seen
from agent.tablet.setup.door import Door, Manners
from agent.tablet.setup.pages import SetupParts
from agent.tablet.setup.pin import PinFile
from agent.twin.drawings import Drawings
from models.vault.master import MasterKey
from models.wire.drawing import ENTRY, CameraWish
from models.wire.events.footfall import ZoneKind
from models.wire.twin import Desired
from tests.simulators.clocks import HandClock
from tests.simulators.guide_tablet import SHOP, HandLine

PIN: Final = "73310592"
SIZE: Final = (640, 360)
_SAMPLE_S: Final = 0.1


class WalkedBy:
    """Implements ``Views``: somebody walks there and back, ten pictures a second.

    Any excluded zone leaves them out, wherever it is, and any staff area makes them staff.

    Attributes:
        asked: every question, as (camera, drawn, trial, picture).
        dark: cameras that show nothing.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self._lock = threading.Lock()
        self._ticks = count(1)
        self._counts: dict[tuple[str, LineSettings, int], tuple[int, int]] = {}
        self.asked: list[tuple[str, Drawn | None, int, bool]] = []
        self.dark: set[str] = set()

    def names(self) -> Sequence[str]:
        """Of both."""
        return self._names

    def state(self, camera: str) -> str:
        """Watching, unless it is dark."""
        return "lost" if camera in self.dark else "watching"

    def look(self, camera: str, drawn: Drawn | None, *, trial: int, picture: bool) -> Seen | None:
        """The next tenth of a second; every tenth one the person crosses every line."""
        self.asked.append((camera, drawn, trial, picture))
        threading.Event().wait(_SAMPLE_S)
        if camera in self.dark:
            return None
        with self._lock:
            tick = next(self._ticks)
        drawn = drawn or Drawn()
        counts = {line.name: self._crossed(camera, line, trial, tick) for line in drawn.line}
        kinds = {zone.kind for zone in drawn.zone}
        x = abs((tick % 20) / 10 - 1) * 0.8
        walker = Person(
            *(1, (x, 0.3, x + 0.1, 0.8)),
            seen=True,
            proven=True,
            left_out=ZoneKind.EXCLUDED in kinds,
            staff=ZoneKind.STAFF in kinds,
        )
        glimpse = Glimpse(
            number=tick,
            at_s=tick * _SAMPLE_S,
            width=SIZE[0],
            height=SIZE[1],
            people=[walker],
            trial=trial,
            counts={name: (*both, sum(both) * walker.staff) for name, both in counts.items()},
            inside={zone.name: 1 for zone in drawn.zone},
        )
        return Seen(msgspec.json.encode(glimpse), jpeg(x) if picture else b"")

    def _crossed(self, camera: str, line: LineSettings, trial: int, tick: int) -> tuple[int, int]:
        key = camera, line, trial
        ingress, egress = self._counts.get(key, (0, 0))
        if tick % 10 == 0:
            ingress, egress = ingress + (tick % 20 == 0), egress + (tick % 20 != 0)
            self._counts[key] = ingress, egress
        return ingress, egress


@dataclass(slots=True)
class SetUpBox:
    """The running page, and what stands behind it.

    Attributes:
        overheard: by camera; the test plays its counter.
        audits: the folder of all cameras' audits.
    """

    url: str
    views: WalkedBy
    drawings: Drawings
    pin: PinFile
    clock: HandClock
    overheard: dict[str, Overheard]
    audits: Path
    versions: Iterator[int] = field(default_factory=lambda: count(1))

    def wish(self, camera: str, wish: CameraWish) -> None:
        """The cloud wants this."""
        document = {f"{ENTRY}{camera}": msgspec.Raw(msgspec.json.encode(wish))}
        self.drawings.take(Desired(version=next(self.versions), document=document))


def two_cameras() -> tuple[CameraSettings, ...]:
    """With one line each."""
    return tuple(
        CameraSettings(name, "0", line=(LineSettings("door", (0.5, 0.1), (0.5, 0.9)),))
        for name in ("entrance", "back")
    )


def jpeg(x: float) -> bytes:
    """A floor with somebody on it."""
    picture = np.full((SIZE[1], SIZE[0], 3), 96, np.uint8)
    left, right = int(x * SIZE[0]), int((x + 0.1) * SIZE[0])
    picture[int(0.3 * SIZE[1]) : int(0.8 * SIZE[1]), left:right] = (180, 90, 40)
    made, encoded = cv2.imencode(".jpg", picture)
    assert made
    return encoded.tobytes()


@contextmanager
def a_set_up_box(
    folder: Path, *, pin: str = PIN, apply_here: bool = False, manners: Manners | None = None
) -> Iterator[SetUpBox]:
    """Serve it; without ``pin`` none is set."""
    clock, cameras = HandClock(), two_cameras()
    replica = Replica.open(folder / "replica.sqlite3", MasterKey(b"k" * 32), clock=clock)
    file = PinFile(folder / "pin.json")
    if pin:
        file.keep(pin)
    ids = count(1)
    drawings = Drawings(
        folder / "drawings.json",
        cameras,
        now=clock.now,
        new_id=lambda: f"proposal-{next(ids)}",
        apply_here=apply_here,
    )
    views = WalkedBy([camera.name for camera in cameras])
    overheard = {camera.name: Overheard() for camera in cameras}
    audits = LiveAudits(overheard.__getitem__, drawings, folder / "audits", clock.now)
    tokens = count(1)
    door = Door(file, clock, lambda size: next(tokens).to_bytes(size, "big"), manners)
    server = TabletServer(
        TabletSettings(port=0),
        replica,
        line=HandLine(),
        clock=clock,
        shop=SHOP,
        setup=SetupParts(door, views, drawings, can_apply=apply_here, audits=audits),
    )
    try:
        server.start()
        yield SetUpBox(server.url, views, drawings, file, clock, overheard, folder / "audits")
    finally:
        server.stop()
        replica.close()

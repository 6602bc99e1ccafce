"""All cameras of a box: one keeper each, built, started and stopped together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry

from agent.capture.footfall.audit.standing import LastAudit
from agent.capture.footfall.diary import Diary, LiveDiary, RecordedDiary
from agent.capture.footfall.keeper import CameraKeeper, Parts
from agent.capture.footfall.launching import Launcher
from agent.capture.footfall.metrics import FootfallMetrics
from agent.capture.footfall.noticeboard import Noticeboard
from agent.capture.footfall.overheard import Overheard
from agent.capture.footfall.placement import Placement
from agent.capture.footfall.played import PlayedMark
from agent.capture.footfall.recorder import Recorder
from agent.capture.footfall.tally import Places
from agent.capture.footfall.viewfinder.finder import Viewfinder
from agent.capture.intake import Ledgerbound
from agent.config import RECORDED, CameraSettings
from agent.facts import FactMaker
from agent.networks import NetworkCache
from models.runtime.backoff import Backoff
from models.runtime.clock import Clock
from models.wire.events.device import CameraState

_FIRST_RETRY_S: Final = 1.0
_LONGEST_RETRY_S: Final = 60.0
_STOP_S: Final = 5.0
"""A watcher that is well takes a few tenths; one that hangs has been ended after three."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the cameras need of the agent.

    Attributes:
        outbox: where the minutes go.
        folder: keeps how far recorded clips were told.
        audits: where the cameras' audits are kept.
        states_file: shows how the cameras do to those who ask beside the running agent.
        random: numbers from 0 up to 1, for back-off.
        timezone: of the shop's clock, by which staff have their hours.
    """

    outbox: Ledgerbound
    facts: FactMaker
    registry: CollectorRegistry
    clock: Clock
    random: Callable[[], float]
    folder: Path
    audits: Path
    states_file: Path
    timezone: tzinfo = UTC


class Cameras:
    """The cameras of this box, running from ``start`` to ``stop``."""

    def __init__(
        self, cameras: Sequence[CameraSettings], networks: NetworkCache, around: Surroundings
    ) -> None:
        """One keeper per camera; nothing is started."""
        self._around = around
        self._networks = networks
        self._metrics = FootfallMetrics(around.registry)
        self._recorder = Recorder(around.outbox, around.facts, self._metrics)
        self._board = Noticeboard(around.states_file, self.states)
        self._viewfinders = {camera.name: Viewfinder() for camera in cameras}
        self._overheard = {camera.name: Overheard() for camera in cameras}
        self._keepers = {camera.name: self._keeper(camera) for camera in cameras}
        self._changing = threading.Lock()
        self._stopped = False

    def _keeper(self, camera: CameraSettings) -> CameraKeeper:
        return CameraKeeper(camera, self._parts(camera))

    def _parts(self, camera: CameraSettings) -> Parts:
        around = self._around
        return Parts(
            launch=Launcher(camera, self._networks, self._viewfinders[camera.name]),
            diary=diary_of(camera, around),
            placement=self._placement(camera),
            recorder=self._recorder,
            metrics=self._metrics,
            clock=around.clock,
            backoff=Backoff(around.random, _FIRST_RETRY_S, _LONGEST_RETRY_S),
            audit=LastAudit(around.audits, camera),
            overheard=self._overheard[camera.name],
            changed=self.show,
        )

    def _placement(self, camera: CameraSettings) -> Placement:
        return Placement(self._around.folder / f"{camera.name}.placement.json", camera)

    def states(self) -> list[CameraState]:
        """How they do, in the order of the configuration. Safe from any thread."""
        return [keeper.state for keeper in list(self._keepers.values())]

    def viewfinder(self, camera: str) -> Viewfinder | None:
        """The view through a camera; None where there is none of that name."""
        return self._viewfinders.get(camera)

    def overheard(self, camera: str) -> Overheard:
        """What is told of a camera; raises KeyError where there is none of that name."""
        return self._overheard[camera]

    def show(self) -> None:
        """Put their states on the noticeboard."""
        self._board.post()

    def start(self) -> None:
        """Start all. Returns at once: no camera holds up a till."""
        self.show()
        for keeper in self._keepers.values():
            keeper.start()

    def redraw(self, name: str, settings: Callable[[str], CameraSettings]) -> None:
        """Count a camera with its present settings from now on; takes five seconds at most.

        What was watched of the minute is told with the old lines, the rest with the new ones: two
        parts of one minute, which are added. Does nothing once stopped. Safe from any thread.
        """
        with self._changing:
            if self._stopped:
                return
            former = self._keepers[name]
            former.ask_to_stop()
            former.join(_STOP_S)
            camera = settings(name)
            self._placement(camera).confirm()  # who saves a drawing says that it is right
            keeper = self._keepers[name] = self._keeper(camera)
            keeper.start()

    def stop(self) -> None:
        """Stop all at the same time, within five seconds; their last minutes are handed over."""
        clock = self._around.clock
        deadline_s = clock.monotonic_s() + _STOP_S
        with self._changing:
            self._stopped = True
        for keeper in self._keepers.values():
            keeper.ask_to_stop()
        for keeper in self._keepers.values():
            keeper.join(max(0.0, deadline_s - clock.monotonic_s()))
        for viewfinder in self._viewfinders.values():
            viewfinder.close()


def diary_of(camera: CameraSettings, around: Surroundings) -> Diary:
    """The diary that fits a camera: of now, or of the time at which its clip was recorded."""
    places = places_of(camera, around.timezone)
    if camera.recorded_at is None:
        return LiveDiary(places, around.clock, own_time=camera.kind in RECORDED)
    mark = PlayedMark(around.folder / f"{camera.name}.json", camera.source, camera.recorded_at)
    return RecordedDiary(places, camera.recorded_at, around.clock, mark)


def places_of(camera: CameraSettings, timezone: tzinfo) -> Places:
    """What a camera's minutes tell of; ``timezone`` is that of the shop's clock."""

    def are_staff(begin_at: datetime) -> bool:
        return camera.staff.covers(begin_at.astimezone(timezone).time())

    return Places(
        {line.name: line.kind for line in camera.line},
        {zone.name: zone.kind for zone in camera.told_zones},
        are_staff,
    )

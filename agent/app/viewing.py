"""The cameras for the set-up page: what they see, and what is drawn over them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from agent.app.audits import LiveAudits
from agent.capture.footfall.cameras import Cameras
from agent.capture.footfall.viewfinder.words import TrialLine, TrialZone
from agent.config import AgentConfig, Drawn, ZoneSettings
from agent.tablet.setup.cameras import Seen
from agent.tablet.setup.door import Door
from agent.tablet.setup.pages import SetupParts
from agent.tablet.setup.pin import PinFile
from agent.twin.drawings import Drawings
from models.runtime.clock import Clock


class CameraViews:
    """The page's port to the cameras of this box."""

    def __init__(self, cameras: Cameras) -> None:
        self._cameras = cameras

    def names(self) -> Sequence[str]:
        """Of all cameras, in the order of the configuration."""
        return [state.name for state in self._cameras.states()]

    def state(self, camera: str) -> str:
        """How it is."""
        states = {state.name: state.state for state in self._cameras.states()}
        return states[camera]

    def look(self, camera: str, drawn: Drawn | None, *, trial: int, picture: bool) -> Seen | None:
        """The next picture, handed on."""
        viewfinder = self._cameras.viewfinder(camera)
        if viewfinder is None:
            return None
        wanted = drawn or Drawn()
        sight = viewfinder.look(
            [TrialLine(line.name, *line.begin, *line.end) for line in wanted.line],
            [_zone(zone) for zone in wanted.zone],
            trial=trial,
            picture=picture,
        )
        return None if sight is None else Seen(*sight)


def open_drawings(config: AgentConfig, now: Callable[[], datetime]) -> Drawings:
    """What is drawn over the cameras of a configuration."""
    return Drawings(
        config.drawings_file,
        config.camera,
        now=now,
        new_id=lambda: os.urandom(12).hex(),
        apply_here=config.setup.apply_here,
    )


def follow_drawings(cameras: Cameras, drawings: Drawings) -> None:
    """Redraw a camera whenever another drawing of it is in force; holds up nobody."""

    def redraw(camera: str) -> None:
        threading.Thread(
            target=lambda: cameras.redraw(camera, drawings.settings),
            name=f"redraw-{camera}",
            daemon=True,
        ).start()

    drawings.on_redrawn(redraw)


def make_setup(
    config: AgentConfig, cameras: Cameras, drawings: Drawings, clock: Clock
) -> SetupParts:
    """What the set-up page stands on."""
    door = Door(PinFile(config.pin_file), clock, os.urandom)
    return SetupParts(
        door,
        CameraViews(cameras),
        drawings,
        can_apply=config.setup.apply_here,
        audits=LiveAudits(cameras.overheard, drawings, config.audits_folder, clock.now),
    )


def _zone(zone: ZoneSettings) -> TrialZone:
    return TrialZone(zone.name, [(x, y) for x, y in zone.corners], zone.kind)

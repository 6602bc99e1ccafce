"""All that a box with cameras has beside one without: the cameras, their drawings, their page.

Loaded only on such a box: one without a camera does without all that this stands on.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry

from agent.app.viewing import follow_drawings, make_setup, open_drawings
from agent.capture.footfall.cameras import Cameras, Surroundings
from agent.clock import DeviceClock
from agent.config import AgentConfig
from agent.facts import FactMaker
from agent.networks import NetworkCache, default_folder
from agent.outbox import Outbox
from agent.tablet.setup.pages import SetupParts


@dataclass(frozen=True, slots=True)
class EyesParts:
    """What the eyes of a box are made of.

    Attributes:
        config: with one camera at least.
        clock: of the device.
        outbox: where counted minutes go.
        facts: makes events of them.
        registry: for the cameras' metrics.
        random: evenly spread, 0-1.
        networks: replaces the cache that the configuration names, for tests.
    """

    config: AgentConfig
    clock: DeviceClock
    outbox: Outbox
    facts: FactMaker
    registry: CollectorRegistry
    random: Callable[[], float]
    networks: NetworkCache | None = None


class Eyes:
    """The cameras of a box; nothing runs before ``start``.

    Attributes:
        drawings: what is drawn over the cameras, and what was proposed.
    """

    def __init__(self, parts: EyesParts) -> None:
        self._parts = parts
        self.drawings = open_drawings(parts.config, parts.clock.now)

    def start(self, closing: ExitStack, on_drawn: Callable[[], None]) -> Cameras:
        """Watch until ``closing`` closes; ``on_drawn`` is called on news of a drawing."""
        named = [camera.name for camera in self._parts.config.camera]
        drawn = [self.drawings.settings(name) for name in named]
        cameras = Cameras(drawn, _networks(self._parts), _surroundings(self._parts))
        follow_drawings(cameras, self.drawings)
        self.drawings.on_news(on_drawn)
        cameras.start()
        closing.callback(cameras.stop)
        return cameras

    def setup(self, cameras: Cameras) -> SetupParts | None:
        """What the set-up page stands on; None where the configuration wants none."""
        config = self._parts.config
        if not config.setup.enabled:
            return None
        return make_setup(config, cameras, self.drawings, self._parts.clock)


def _networks(parts: EyesParts) -> NetworkCache:
    folder = parts.config.vision.models_dir
    return parts.networks or NetworkCache(folder or default_folder())


def _surroundings(parts: EyesParts) -> Surroundings:
    config = parts.config
    return Surroundings(
        outbox=parts.outbox,
        facts=parts.facts,
        registry=parts.registry,
        clock=parts.clock,
        random=parts.random,
        folder=config.device.data_dir / "clips",
        audits=config.audits_folder,
        states_file=config.cameras_file,
        timezone=ZoneInfo(config.device.timezone),
    )

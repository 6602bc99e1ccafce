"""A box that watches a clip as if it happened now, by the real command, with nobody at the line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent.tablet.setup.pin import PinFile
from tests.simulators.demo.stage import Ports
from tests.simulators.processes import Program, answers, free_port, program
from tests.simulators.watched_shop import camera_on, write_config


@dataclass(frozen=True, slots=True)
class WatchingBox:
    """Its pages are at ``url``; all that it writes is below ``folder``."""

    url: str
    folder: Path

    @property
    def audits(self) -> Path:
        """What people marked."""
        return self.folder / "data" / "audits"


@contextmanager
def a_watching_box(folder: Path, clip: Path, pin: str) -> Iterator[WatchingBox]:
    """Run it; its one camera is called ``door``, and LIANKE_MODELS names its network's folder."""
    port, nobody = free_port(), Ports(http=free_port(), broker=free_port())
    camera = camera_on(clip, 5.0, 1.0, recorded=False)
    config = write_config(folder / "box", nobody, "a secret", port, camera)
    PinFile(config.parent / "keys" / "camera-setup-pin.json").keep(pin)
    command = [program("lianke-agent"), "run", "--config", str(config)]
    box = Program(command, config.parent / "agent.log")
    try:
        url = f"http://127.0.0.1:{port}"
        box.wait_until(answers(f"{url}/healthz"), "the box", timeout_s=60.0)
        yield WatchingBox(url, config.parent)
    finally:
        box.stop()

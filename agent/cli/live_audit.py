"""``lianke-agent audit record`` without a clip: the way to the audit of a live camera.

A mark is one of the picture that is shown, so there is none before the first one: the command waits
for it, as the page does. Who marks does so on the set-up page, behind the PIN.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final, TextIO

import msgspec

from agent.capture.footfall.standing import WATCHING
from agent.config import AgentConfig
from agent.errors import BadConfiguration, DiskUnusable, FaultyDevice
from agent.outbox.holder import holder_of
from models.runtime.clock import Clock
from models.wire.events.device import CameraState

_EVERY_S: Final = 0.5
_UNKNOWN: Final = "not started"


def show_the_way(config: AgentConfig, camera: str, stdout: TextIO, clock: Clock) -> None:
    """Wait until a camera of the configuration shows something, and tell where it is audited.

    Raises:
        BadConfiguration: this box serves no set-up page.
        FaultyDevice: no agent runs here that could show anything, or it ended meanwhile.
        DiskUnusable: how its cameras do cannot be read.
    """
    _check(config)
    if not _shows(config, camera):
        stdout.write(f"{camera} is {_state(config, camera)}: waiting for its first picture\n")
        stdout.flush()
    never = threading.Event()
    while not _shows(config, camera):
        clock.wait(never, _EVERY_S)
    tablet = config.tablet
    address = f"http://{tablet.host}:{tablet.port}/setup/cameras/{camera}/audit"
    stdout.write(f"open {address}\nin a browser on this computer; it asks for the PIN\n")


def _check(config: AgentConfig) -> None:
    if not config.setup.enabled or not (config.tablet.enabled or config.status.enabled):
        raise BadConfiguration(
            "a live camera is audited on the set-up page, which is off: set setup.enabled, and "
            "tablet.enabled or status.enabled"
        )


def _shows(config: AgentConfig, camera: str) -> bool:
    """Whether it gives pictures now; raises FaultyDevice where no agent runs."""
    if holder_of(config.outbox_file) is None:
        raise FaultyDevice(
            "no agent runs on this box, so there is no live picture: start it, or give a clip"
        )
    return _state(config, camera) == WATCHING


def _state(config: AgentConfig, camera: str) -> str:
    states = _states(config.cameras_file)
    return next((each.state for each in states if each.name == camera), _UNKNOWN)


def _states(posted: Path) -> list[CameraState]:
    try:
        return msgspec.json.decode(posted.read_bytes(), type=list[CameraState])
    except FileNotFoundError:
        return []
    except (OSError, msgspec.DecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not what an agent wrote"
        raise DiskUnusable(f"{posted}: {why}; run this as the agent does") from error

"""How the cameras of a device are, as its last heartbeat said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from models.wire.events.device import CameraState


class CameraHealth(StrEnum):
    """How a camera is, at a glance: the heartbeat's words, and one for what we do not know."""

    WATCHING = "watching"
    STARTING = "starting"
    LOST = "lost"
    STALLED = "stalled"
    REFUSED = "refused"
    ENDED = "ended"
    SLOW = "slow"
    UNKNOWN = "unknown"


class CameraTrouble(StrEnum):
    """Why a camera's pictures are not to be trusted: the heartbeat's words, and one for newer."""

    BLOCKED = "blocked"
    MOVED = "moved"
    DARK = "dark"
    FROZEN = "frozen"
    GARBLED = "garbled"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class CameraView:
    """A camera as of now.

    Attributes:
        name: unique within its device.
        state: unknown when its device is not heard of, or says a word of a newer agent.
        since_s: seconds that it has been so; of an unheard device, since it was heard last.
        sampled_fps: pictures it looked at per second, lately; 0 when that is unknown.
        troubles: why its pictures are not to be trusted now; none when that is unknown.
        troubled_s: seconds since the first of them began; 0 when that is unknown.
    """

    name: str
    state: CameraHealth
    since_s: float
    sampled_fps: float
    troubles: tuple[CameraTrouble, ...] = ()
    troubled_s: float = 0.0


_BY_WORD: Final[Mapping[str, CameraHealth]] = MappingProxyType(
    {health.value: health for health in CameraHealth}
)
_TROUBLES: Final[Mapping[str, CameraTrouble]] = MappingProxyType(
    {trouble.value: trouble for trouble in CameraTrouble}
)


def view_of(said: CameraState, since_s: float, *, known: bool) -> CameraView:
    """The camera now, ``since_s`` after its device said so; ``known`` while the device is heard."""
    if not known:
        return CameraView(said.name, CameraHealth.UNKNOWN, since_s, 0.0)
    health = _BY_WORD.get(said.state, CameraHealth.UNKNOWN)
    if health is not CameraHealth.WATCHING:  # what it had last says nothing of pictures that lack
        return CameraView(said.name, health, said.since_s + since_s, said.sampled_fps)
    troubles = {_TROUBLES.get(word, CameraTrouble.OTHER) for word in said.troubles}
    return CameraView(
        said.name,
        health,
        said.since_s + since_s,
        said.sampled_fps,
        tuple(each for each in CameraTrouble if each in troubles),
        said.troubled_s + since_s if said.troubled_s else 0.0,
    )

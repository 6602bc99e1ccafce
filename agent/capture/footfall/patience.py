"""How long a camera is waited for, and what its silence and its last words mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, assert_never

from agent.capture.footfall.messages import Failed, FailureKind
from agent.errors import (
    AgentError,
    BadLine,
    CameraLost,
    CameraStalled,
    CameraUnreadable,
    NetworkMismatch,
    VisionNotInstalled,
)

_SHORTEST_STALL_S: Final = 2.0
"""A watcher speaks every second; the box may be busy for another."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a keeper waits for what.

    Attributes:
        open_s: for a watcher to load its network and open its camera.
        refused_s: before it tries again what a person has to mend.
        forgiven_s: a camera that was watched for so long has no failures behind it.
        tick_s: between two looks at the clock while nobody watches.
        listen_s: for one message; also how soon a keeper hears that it shall stop.
        farewell_s: for what a watcher still knows that was asked to leave: it finishes the picture
            that it looks at, and judges.
    """

    open_s: float = 45.0
    refused_s: float = 300.0
    forgiven_s: float = 60.0
    tick_s: float = 1.0
    listen_s: float = 0.25
    farewell_s: float = 1.5


class Silence:
    """Since when a watcher is silent, and whether that is too long. Seconds are monotonic."""

    def __init__(self, patience: Patience, stall_s: float, now_s: float) -> None:
        """``stall_s`` holds once the camera is open."""
        self._allowed_s = patience.open_s
        self._once_open_s = max(stall_s, _SHORTEST_STALL_S)
        self._heard_s = now_s
        self._opened = False

    @property
    def opened(self) -> bool:
        """Whether the watcher has said anything yet; its first word is that the camera is open."""
        return self._opened

    def broken(self, now_s: float) -> None:
        """A message came."""
        self._heard_s = now_s
        self._opened, self._allowed_s = True, self._once_open_s

    def check(self, now_s: float) -> None:
        """No message came; raises CameraStalled when it is too long ago that one did."""
        silent_s = now_s - self._heard_s
        if silent_s <= self._allowed_s:
            return
        trouble = "no picture for" if self.opened else "not open after"
        raise CameraStalled(f"{trouble} {silent_s:.0f} s; its watcher is ended and started again")


def as_error(failed: Failed) -> AgentError:
    """A watcher's last word as the error that it stands for."""
    match failed.kind:
        case FailureKind.LOST | FailureKind.BROKEN:
            return CameraLost(failed.message)
        case FailureKind.UNREADABLE:
            return CameraUnreadable(failed.message)
        case FailureKind.BAD_LINE:
            return BadLine(failed.message)
        case FailureKind.NETWORK:
            return NetworkMismatch(failed.message)
        case FailureKind.NOT_INSTALLED:
            return VisionNotInstalled(failed.message)
        case _:
            assert_never(failed.kind)

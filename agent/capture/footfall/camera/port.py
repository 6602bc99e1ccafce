"""The port through which pictures come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, Self

from agent.capture.footfall.camera.frame import Frame


class Camera(Protocol):
    """A source of pictures; a context manager that lets go of the source at its end.

    Opening one raises CameraUnreadable where the source will never give a picture (a missing,
    empty or undecodable clip), CameraLost where it may later.
    """

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of its pictures, in pixels; every frame has this size."""
        ...

    @property
    def fps(self) -> float:
        """Pictures per second as the source says; 0 where it says nothing."""
        ...

    def aim(self, sample_fps: float) -> None:
        """Give so many pictures a second from now on; 0 for all."""
        ...

    def frames(self) -> Iterator[Frame]:
        """The frames that are due, in order; raises CameraLost when a live source vanishes."""
        ...

    def stop(self) -> None:
        """Let ``frames`` end soon, as if there were no more. Idempotent; safe from any thread."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_exc: object) -> None: ...

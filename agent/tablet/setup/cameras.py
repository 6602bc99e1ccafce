"""The port through which the set-up page sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from agent.config import Drawn


class Seen(NamedTuple):
    """One picture's figures, as JSON for a browser, and the picture as a JPEG or nothing."""

    figures: bytes
    picture: bytes


class Views(Protocol):
    """What the cameras see now. Asked from worker threads; may block for some seconds."""

    def names(self) -> Sequence[str]:
        """The cameras of this box, in the order of the configuration."""
        ...

    def state(self, camera: str) -> str:
        """How a camera is, such as ``watching`` or ``lost``."""
        ...

    def look(self, camera: str, drawn: Drawn | None, *, trial: int, picture: bool) -> Seen | None:
        """Its next picture, and what was counted at the drawn lines; None where none comes.

        Args:
            camera: one of ``names``.
            drawn: what to try beside the product's own counting; None for nothing.
            trial: another number begins all counts of the trial at nothing.
            picture: whether the picture itself is wanted.
        """
        ...

"""The ports through which the set-up page sees, and through which it says what was drawn."""

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


class Drawings(Protocol):
    """What is drawn over the cameras: in force, and proposed. Safe from any thread."""

    def in_force(self, camera: str) -> Drawn:
        """What the camera counts with now."""
        ...

    def standing(self, camera: str) -> DrawingStanding:
        """What became of the last proposal."""
        ...

    def propose(self, camera: str, drawn: Drawn) -> None:
        """Propose another drawing, which takes the place of an earlier proposal.

        Raises:
            AgentError: it cannot be kept.
        """
        ...


class DrawingStanding(NamedTuple):
    """What became of a proposal.

    Attributes:
        word: ``none``, ``proposed``, ``accepted``, ``refused`` or ``applied``.
        at: when it was proposed, ISO 8601; empty for ``none``.
        reason: why it was refused, in the words of whoever did.
    """

    word: str
    at: str = ""
    reason: str = ""

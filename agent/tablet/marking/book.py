"""The ports through which a clicker shows and notes."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Book(Protocol):
    """Where marks go. Asked from worker threads; raises AgentError where the disk refuses."""

    def saw(self, at_s: float) -> None:
        """The picture of this moment was shown."""
        ...

    def jot(self, said: bytes) -> None:
        """Take a mark, as JSON; raises InvalidInput where it is none."""
        ...

    def undo(self) -> None:
        """Take the last mark back."""
        ...

    def standing(self) -> bytes:
        """The person's own marks so far, as JSON for a browser."""
        ...


class Shot(NamedTuple):
    """One picture of a clip, its number from 0 and its time."""

    number: int
    at_s: float
    jpeg: bytes
    is_last: bool


class Film(Protocol):
    """A clip. Asked from worker threads; may block for long where one goes far back."""

    def at(self, at_s: float) -> Shot:
        """The picture that is shown at a moment."""
        ...

    def number(self, number: int) -> Shot:
        """A picture by its number."""
        ...

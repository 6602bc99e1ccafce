"""The errors by which a part of a till's file says that it cannot be read."""

from __future__ import annotations

from agent.errors import InvalidInput, UnreadableInput


class Malformed(InvalidInput):
    """An element does not hold what its name promises.

    The message names the element and what is wrong with it, never its text: a phone number may
    stand where an amount should. The reader adds the file and the transaction's place in it.
    """


class BrokenOff(UnreadableInput):
    """From here on nothing of a file can be read; what came before it is good.

    Attributes:
        whole_until: how many bytes of the file were read; 0 where it is unreadable as a whole.
    """

    def __init__(self, message: str, whole_until: int = 0) -> None:
        super().__init__(message)
        self.whole_until = whole_until

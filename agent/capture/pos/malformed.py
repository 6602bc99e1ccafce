"""The one error by which a part of a transaction says that it cannot be read."""

from __future__ import annotations

from agent.errors import InvalidInput


class Malformed(InvalidInput):
    """An element does not hold what its name promises.

    The message names the element and what is wrong with it, never its text: a phone number may
    stand where an amount should. The reader adds the file and the transaction's place in it.
    """

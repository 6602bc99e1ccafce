"""Cashiers go by a pseudonym: the same person has one name in a shop, and nobody can say whose.

Without the tenant's key there is no pseudonym: a name of another key's making would be the same
person under two names for ever. Such a sale is marked. Read again with the key it is the same sale,
since the pseudonym is no part of what was sold.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Final, NamedTuple

from agent.capture.pos.profile import Operators
from models.wire.events.sale import Flag

_PSEUDONYM_BYTES: Final = 5  # 40 bits: no two of a shop's cashiers meet, and nothing else is in it

OperatorKey = Callable[[], bytes | None]
"""The tenant's key as of now; None where it has not come, empty where nobody is to be named."""


class Cashier(NamedTuple):
    """How a sale tells who made it.

    Attributes:
        ref: the pseudonym, or empty.
        flags: what is odd about that.
    """

    ref: str = ""
    flags: tuple[Flag, ...] = ()


_NOBODY: Final = Cashier()
_LEFT_OUT: Final = Cashier(flags=(Flag.OPERATOR_LEFT_OUT,))


class Cashiers:
    """Names the cashiers of one shop, each with the key of the moment."""

    def __init__(self, key: OperatorKey, store: str, policy: Operators) -> None:
        """``policy`` is the till profile's."""
        self._key = key
        self._store = store
        self._wanted = policy is Operators.PSEUDONYM

    def named(self, operator: str) -> Cashier:
        """The cashier with this number, as the till writes it; nobody where that is empty."""
        if not operator or not self._wanted:
            return _NOBODY
        key = self._key()
        return _LEFT_OUT if key is None else Cashier(operator_pseudonym(operator, key, self._store))


def operator_pseudonym(operator: str, key: bytes, store: str) -> str:
    """40 bits of a keyed HMAC in hex; empty without a number or a key.

    Args:
        operator: the cashier's number as the till writes it.
        key: the tenant's; without it the number cannot be found by trying all numbers.
        store: two shops' cashiers with one number are two people.
    """
    if not operator or not key:
        return ""
    digest = hmac.digest(key, f"operator\x1f{store}\x1f{operator}".encode(), sha256)
    return digest[:_PSEUDONYM_BYTES].hex()

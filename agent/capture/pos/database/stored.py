"""A transaction as it lies in a till's tables, every value as an exact text under our names.

Whatever type a server gives, one text stands for it, so that the same rows give the same bytes on
every server. Those bytes are what is hashed, compared, and kept when they cannot be mapped; they
can be read again as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

import msgspec

from agent.capture.pos.malformed import Malformed

Row = dict[str, str]
"""Our field to its text; what is NULL or empty is left out."""


class StoredReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """One transaction and all that belongs to it, in the till's order.

    Attributes:
        id: the till's own name for it.
    """

    id: str
    receipt: Row
    lines: Sequence[Row] = ()
    payments: Sequence[Row] = ()
    taxes: Sequence[Row] = ()

    def __repr__(self) -> str:
        """Without the rows, which may name a customer."""
        return f"StoredReceipt({self.id!r})"

    @property
    def data(self) -> bytes:
        """The rows as JSON, the same for the same content."""
        return msgspec.json.encode(self, order="sorted")

    @property
    def digest(self) -> str:
        """SHA-256 of ``data`` in hex."""
        return sha256(self.data).hexdigest()

    @classmethod
    def of_data(cls, data: bytes) -> StoredReceipt:
        """What ``data`` was made of; raises Malformed where it is no such thing."""
        try:
            return msgspec.json.decode(data, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Malformed("it is not a receipt as this adapter keeps them") from error


def row_of(values: Mapping[str, Any]) -> Row:
    """The texts of a row's values."""
    texts = ((name, text_of(value)) for name, value in values.items())
    return {name: text for name, text in texts if text}


def text_of(value: Any) -> str:
    """An exact text. Never fails: what is no value for its field is refused by who reads it.

    A binary fraction becomes the shortest decimal that stands for it, without an exponent: the
    sum of 0.1 and 0.2 is 0.30000000000000004, and rounding it is the reader's decision.
    """
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return format(Decimal(repr(value)), "f")
        case Decimal():
            return format(value, "f")
        case bytes():
            return _text_of_bytes(value)
        case _:
            # Times come out as ISO 8601 with a space, and UUIDs as they are always written.
            return str(value).strip()


def _text_of_bytes(value: bytes) -> str:
    """MySQL gives flags of type BIT as a byte."""
    if value in (b"\x00", b"\x01"):
        return str(value[0])
    return value.decode("utf-8", "replace").strip()

"""Cursors: opaque to callers, so that what is behind them may change."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Final, NamedTuple

from fastapi import Query

from cloud.errors import InvalidInput

LARGEST_PAGE: Final = 500

_LONGEST: Final = 200
_LARGEST_NUMBER: Final = 2**63 - 1


class Cursor(NamedTuple):
    """How far a caller has come: a number that grows, and a name for those that share it."""

    number: int
    name: str


START: Final = Cursor(0, "")


def write_cursor(cursor: Cursor) -> str:
    """The cursor as callers see it."""
    return urlsafe_b64encode(f"{cursor.number}:{cursor.name}".encode()).rstrip(b"=").decode()


def read_cursor(text: str | None) -> Cursor:
    """The cursor that a caller sends back, the start for none; raises InvalidInput."""
    if not text:
        return START
    try:
        plain = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        number, _, name = plain.partition(":")
        cursor = Cursor(int(number), name)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput("after is not a cursor of ours; begin again without it") from error
    if not 0 <= cursor.number <= _LARGEST_NUMBER:
        raise InvalidInput("after is not a cursor of ours; begin again without it")
    return cursor


After = Annotated[
    str | None, Query(max_length=_LONGEST, description="`next` of the page before; none to begin")
]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="items a page")]

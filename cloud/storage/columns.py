"""Column types that mean the same on SQLite and PostgreSQL.

Times are integers: milliseconds since 1970 in UTC, as precise as the wire's. SQLite has no type for
a moment, and one that silently drops the time zone is worse than a number.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, Integer

BIG_KEY: Final = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit primary key; on SQLite it must be spelt INTEGER to be the row's own number."""

_1970: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware moment, rounded down."""
    return (moment - _1970) // _MS


def from_ms(ms: int) -> datetime:
    """The aware UTC moment; raises OverflowError outside the years 1 to 9999."""
    return _1970 + ms * _MS

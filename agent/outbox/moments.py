"""Times as the outbox's tables keep them: integer milliseconds since 1970, UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def unix_ms(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware moment."""
    return int(moment.timestamp() * 1000)


def from_unix_ms(value: int) -> datetime:
    """The aware UTC moment of a stored time."""
    return datetime.fromtimestamp(value / 1000, UTC)

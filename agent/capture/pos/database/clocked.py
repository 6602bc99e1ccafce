"""A till's moments, between its own column and ours."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, assert_never

from agent.capture.pos.database.profile import Clocked


@dataclass(frozen=True, slots=True)
class TillMoments:
    """How one database keeps the moments of its receipts.

    Attributes:
        zone: of times without an offset.
        keeps_zones: whether the server itself compares times with an offset to those without.
    """

    clocked: Clocked
    zone: tzinfo
    text_format: str
    keeps_zones: bool

    def stored(self, at: datetime) -> Any:
        """A moment as the column's own values can be compared with it."""
        match self.clocked:
            case Clocked.NATIVE:
                local = at.astimezone(self.zone)
                return local if self.keeps_zones else local.replace(tzinfo=None)
            case Clocked.TEXT:
                return at.astimezone(self.zone).strftime(self.text_format)
            case Clocked.EPOCH_MS:
                return int(at.timestamp() * 1000)
            case Clocked.EPOCH_S:
                return int(at.timestamp())
            case _:
                assert_never(self.clocked)

    def read(self, value: Any) -> datetime | None:
        """A value of the column in UTC; None where it is no time."""
        with suppress(ValueError, OverflowError, OSError, TypeError):
            return self._aware(self._read(value))
        return None

    def _read(self, value: Any) -> datetime:
        match self.clocked:
            case Clocked.EPOCH_MS:
                return datetime.fromtimestamp(int(value) / 1000, UTC)
            case Clocked.EPOCH_S:
                return datetime.fromtimestamp(int(value), UTC)
            case Clocked.NATIVE | Clocked.TEXT:
                return value if isinstance(value, datetime) else self._of_text(str(value))
            case _:
                assert_never(self.clocked)

    def _of_text(self, text: str) -> datetime:
        with suppress(ValueError):
            return datetime.fromisoformat(text)
        return datetime.strptime(text, self.text_format)  # noqa: DTZ007 - the zone is added

    def _aware(self, at: datetime) -> datetime:
        zoned = at if at.tzinfo is not None else at.replace(tzinfo=self.zone)
        return zoned.astimezone(UTC)

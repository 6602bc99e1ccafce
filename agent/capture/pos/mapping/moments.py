"""Days and times as tills write them, by formats that the profile names.

Formats are those of ``strptime``, tried in their order: ``%d/%m/%Y`` and ``%m/%d/%Y`` cannot be
told apart by looking, so nothing is tried that the profile does not name. ISO 8601 is the default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from types import MappingProxyType
from typing import Final

from agent.capture.pos.malformed import Malformed
from agent.capture.pos.moments import aware

EPOCH_S: Final = "epoch_s"
EPOCH_MS: Final = "epoch_ms"
_PER_S: Final[Mapping[str, int]] = MappingProxyType({EPOCH_S: 1, EPOCH_MS: 1000})
_ORDINAL: Final = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.IGNORECASE)  # codespell:ignore nd
_SPACES: Final = re.compile(r"\s+")
_LONGEST: Final = 64


@dataclass(frozen=True, slots=True)
class Moments:
    """How days and times are written.

    Attributes:
        dates: formats of days, in the order in which they are tried.
        times: formats of times of day that stand apart from their day.
        moments: formats of day and time together; also ``epoch_s`` and ``epoch_ms``. Empty means
            ISO 8601.
    """

    dates: tuple[str, ...] = ("%Y-%m-%d",)
    times: tuple[str, ...] = ("%H:%M:%S", "%H:%M")
    moments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """A format that cannot be is found at start."""
        for each in (*self.dates, *self.times, *self._moment_formats()):
            try:
                datetime.strptime("", each)  # noqa: DTZ007 - only asks whether the format is one
            except ValueError as error:
                if "does not match" not in str(error):
                    raise ValueError(f"{each!r} is no format: {error}") from error

    def day(self, text: str, name: str) -> date:
        """A calendar or accounting day; raises Malformed."""
        return _first_read(text, self.dates, name).date()

    def moment(self, text: str, zone: tzinfo, name: str) -> tuple[datetime, bool]:
        """An aware time, and whether its offset had to be taken from ``zone``; raises Malformed."""
        return aware(self._naive_or_aware(_tidy(text), name), zone, name)

    def joined(self, day: str, at: str, zone: tzinfo, name: str) -> tuple[datetime, bool]:
        """As ``moment``, from a day and a time of day that stand apart."""
        return aware(datetime.combine(self.day(day, name), self.clock(at, name)), zone, name)

    def clock(self, text: str, name: str) -> time:
        """A time of day that stands apart from its day; raises Malformed."""
        at = _first_read(text, self.times, name)
        return time(at.hour, at.minute, at.second, at.microsecond, at.tzinfo)

    def _moment_formats(self) -> tuple[str, ...]:
        return tuple(each for each in self.moments if each not in _PER_S)

    def _naive_or_aware(self, text: str, name: str) -> datetime:
        if not self.moments:
            try:
                return datetime.fromisoformat(text)
            except ValueError as error:
                raise Malformed(f"{name} is not a date and time by ISO 8601") from error
        for each in self.moments:
            read = _since_epoch(text, each) if each in _PER_S else _read(text, each)
            if read is not None:
                return read
        raise Malformed(f"{name} is in none of the profile's formats")


def business_day_of(at: datetime, begins_h: int) -> date:
    """The accounting day of a time, where the till names none: days begin at ``begins_h``."""
    return (at - timedelta(hours=begins_h)).date()


def _since_epoch(text: str, unit: str) -> datetime | None:
    if not (text.isascii() and text.isdecimal()):
        return None
    try:
        return datetime.fromtimestamp(int(text) / _PER_S[unit], UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _first_read(text: str, formats: tuple[str, ...], name: str) -> datetime:
    tidy = _tidy(text)
    found = next(filter(None, (_read(tidy, each) for each in formats)), None)
    if found is None:
        raise Malformed(f"{name} is in none of the profile's formats")
    return found


def _read(text: str, format_: str) -> datetime | None:
    try:
        return datetime.strptime(text, format_)  # noqa: DTZ007 - the zone is the caller's
    except ValueError:
        return None


def _tidy(text: str) -> str:
    """Without ordinal endings (6th) and doubled spaces, which no format has a letter for."""
    return _SPACES.sub(" ", _ORDINAL.sub("", text[:_LONGEST].strip()))

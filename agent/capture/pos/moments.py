"""Days and times of day as tills write them: ISO 8601, often without an offset."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

from agent.capture.pos.malformed import Malformed
from models.wire.calendar import YEARS

_DATE_CHARS = 10


def business_day(text: str, element: str) -> date:
    """An accounting day; a time or an offset behind it (both occur) is ignored.

    Raises:
        Malformed: no date at the beginning of the text.
    """
    try:
        return date.fromisoformat(text[:_DATE_CHARS])
    except ValueError as error:
        raise Malformed(f"{element} is not a date") from error


def moment(text: str, zone: tzinfo, element: str) -> tuple[datetime, bool]:
    """An aware time, and whether its offset had to be taken from ``zone``.

    Raises:
        Malformed: not an ISO 8601 date and time, or as ``aware``.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"{element} is not a date and time") from error
    return aware(read, zone, element)


def aware(read: datetime, zone: tzinfo, name: str) -> tuple[datetime, bool]:
    """The time with an offset, and whether it had to be taken from ``zone``.

    Raises:
        Malformed: no event can carry a time of that year.
    """
    if read.year not in YEARS:
        raise Malformed(f"{name} is not in the years {YEARS.start} to {YEARS.stop - 1}")
    if read.tzinfo is None:
        return read.replace(tzinfo=zone), True
    return read, False

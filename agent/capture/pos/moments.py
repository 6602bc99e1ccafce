"""Days and times of day as tills write them: ISO 8601, often without an offset."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

from agent.capture.pos.malformed import Malformed

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
        Malformed: not an ISO 8601 date and time.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"{element} is not a date and time") from error
    if read.tzinfo is None:
        return read.replace(tzinfo=zone), True
    return read, False

"""Options that choose events by time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

SinceOption = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Captured at this time or later; without offset it is the shop's: 2026-11-22T18:00.",
    ),
]
UntilOption = Annotated[
    str | None, typer.Option(metavar="TIME", help="Captured before this time, as --since.")
]


def moment(text: str | None, zone: str) -> datetime | None:
    """An aware moment from ISO 8601; one without offset is of the zone. None for no text."""
    if text is None:
        return None
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time; write it as 2026-11-22T18:00") from None
    return told if told.tzinfo is not None else told.replace(tzinfo=ZoneInfo(zone))

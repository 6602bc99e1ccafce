"""Dead letters: what was refused, why, and whose it was. Their content stays closed here."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.responses import Response

from cloud.console.choice import zones
from cloud.console.parts import Parts
from cloud.console.visitor import Inside
from cloud.ingest.deadletters import DeadLetter

router = APIRouter()

SHOWN: Final = 100


@router.get("/dead-letters")
def dead_letters(parts: Parts, visitor: Inside) -> Response:
    """The newest of them, accepted ones too."""
    known = zones(parts)

    def zone_of(letter: DeadLetter) -> ZoneInfo:
        return known[letter.device.tenant, letter.device.store]

    return parts.painter.paint(
        visitor,
        "dead_letters.html",
        letters=parts.letters.recent(SHOWN, replayed=True),
        zone_of=zone_of,
    )

"""Footfall: who came, walked past, is inside, for how long, and how far to trust it."""

from __future__ import annotations

from cloud.console.choice import Choice
from cloud.console.day_page import day_page
from cloud.console.footfall import FootfallPage, read_page
from cloud.console.parts import ConsoleParts
from cloud.console.places import FOOTFALL
from cloud.console.pulse import LivePage


def _read(parts: ConsoleParts, choice: Choice) -> FootfallPage:
    return read_page(parts.engine, choice.store, choice.day, parts.clock.now())


router = day_page(FOOTFALL, LivePage.FOOTFALL, "parts/footfall.html", _read, "page.footfall")

"""Today: who came and what was sold, hour by hour, and the latest sales as they come in."""

from __future__ import annotations

from cloud.console.choice import Choice
from cloud.console.day import Day, read_day
from cloud.console.day_page import day_page
from cloud.console.parts import ConsoleParts
from cloud.console.places import TODAY
from cloud.console.pulse import LivePage


def _read(parts: ConsoleParts, choice: Choice) -> Day:
    return read_day(parts.engine, parts.figures, choice.store, choice.day, parts.clock.now())


router = day_page(TODAY, LivePage.TODAY, "parts/today.html", _read)

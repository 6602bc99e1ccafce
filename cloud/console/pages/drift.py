"""Drift: does the counting at the doors add up, night after night."""

from __future__ import annotations

from cloud.console.choice import Choice
from cloud.console.day_page import day_page
from cloud.console.drift import DriftPage, read_page
from cloud.console.parts import ConsoleParts
from cloud.console.places import DRIFT
from cloud.console.pulse import LivePage


def _read(parts: ConsoleParts, choice: Choice) -> DriftPage:
    return read_page(parts.engine, choice.store, choice.day, parts.clock.now())


router = day_page(DRIFT, LivePage.DRIFT, "parts/drift.html", _read, "page.drift")

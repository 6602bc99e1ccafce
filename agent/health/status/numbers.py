"""Numbers of a till in one line, for texts and alarms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agent.health.status.tills import NumbersStatus

_MOST_SAID: Final = 5


def said(numbers: Sequence[NumbersStatus]) -> str:
    """The first few, as in ``104 on 2026-11-22, 230-231 on 2026-11-21``."""
    first = [f"{_run(each)} on {each.day}" for each in numbers[:_MOST_SAID]]
    return ", ".join([*first, *(["..."] if len(numbers) > _MOST_SAID else [])])


def _run(each: NumbersStatus) -> str:
    return each.first if each.count == 1 else f"{each.first}-{each.last}"

"""Turns facts into pages: templates, words and numbers as their reader writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from cloud.console import places
from models.runtime.clock import Clock
from models.shown.money import money
from models.shown.words import Language, Words
from models.web.assets import Assets

if TYPE_CHECKING:
    from cloud.console.visitor import Visitor

ALARM_COUNT: Final = "X-Lianke-Alarms"
"""Header of every page and part: how many alarms its head counts. ``live.js`` keeps it current."""

_HERE: Final = Path(__file__).parent
_UNITS: Final = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))


class Painter:
    """Renders templates, which escape everything. Safe for several threads."""

    def __init__(
        self,
        assets: Assets,
        words: Mapping[Language, Words],
        clock: Clock,
        unseen: Callable[[], int],
    ) -> None:
        """``unseen`` counts the alarms that nobody has acknowledged."""
        self._unseen = unseen
        self._words = words
        self._clock = clock
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "money": money,
            "number": _number,
            "signed": _signed,
            "hundredths": _hundredths,
        }
        self._environment.globals |= {"asset": assets.url, "places": places}

    @classmethod
    def load(cls, clock: Clock, unseen: Callable[[], int] = int) -> Painter:
        """With the package's own files."""
        words = {language: Words.load(_HERE / "locales", language) for language in Language}
        return cls(Assets.load(places.STATIC_FILES, places.STATIC), words, clock, unseen)

    def words(self, language: Language) -> Words:
        """The sentences of one language."""
        return self._words[language]

    def paint(
        self, visitor: Visitor, template: str, status: int = 200, **facts: Any
    ) -> HTMLResponse:
        """A page or a part of one, in the visitor's language."""
        words = self._words[visitor.language]
        now = self._clock.now()
        unseen = self._unseen() if visitor.is_in else 0
        html = self._environment.get_template(template).render(
            t=words,
            language=visitor.language,
            other=Language.EN if visitor.language is Language.ZH else Language.ZH,
            visitor=visitor,
            now=now,
            unseen_alarms=unseen,
            when=lambda moment, zone: words.when(moment, now, zone),
            ago=lambda moment: _ago(words, now, moment),
            lasting=lambda seconds: _lasting(words, seconds),
            clock=_clock_time,
            **facts,
        )
        headers = {ALARM_COUNT: str(unseen)} if visitor.is_in else None
        return HTMLResponse(html, status, headers)


def _number(value: int) -> str:
    return f"{value:,}"


def _signed(value: float, digits: int = 0) -> str:
    """With its sign, which nothing has: ``+1,234``, ``−3``, ``0``."""
    said = f"{value:+,.{digits}f}".replace("-", "\N{MINUS SIGN}")
    return said if round(value, digits) else said.lstrip("+\N{MINUS SIGN}")


def _hundredths(share: float) -> str:
    """A share as a number of hundredths, in two digits at least where it is small."""
    percent = 100 * share
    return f"{percent:.0f}" if percent >= 9.95 else f"{percent:.1f}"  # noqa: PLR2004 - shown as 10


def _clock_time(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%H:%M:%S}"


def _ago(words: Words, now: datetime, moment: datetime) -> str:
    return words("time.ago", time=_lasting(words, (now - moment).total_seconds()))


def _lasting(words: Words, seconds: float) -> str:
    """A duration in its two largest units: ``45 s``, ``2 min 5 s``, ``3 d 4 h``."""
    rest = max(0, round(seconds))
    parts: list[str] = []
    for unit, length in _UNITS:
        count, rest = divmod(rest, length)
        if count or parts:
            parts.append(words(f"time.{unit}", count=count) if count else "")
        if len(parts) == 2:  # noqa: PLR2004 - the third unit says nothing any more
            break
    said = words("time.between").join(part for part in parts if part)
    return said or words("time.s", count=0)

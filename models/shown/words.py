"""What a page says, in Chinese and English: one catalogue per language, a TOML file in a folder."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

_MOST_WISHES: Final = 20


class Language(StrEnum):
    """The languages there are; the first is the default."""

    ZH = "zh"
    EN = "en"

    @property
    def tag(self) -> str:
        """The BCP 47 tag for ``<html lang>``, which also chooses the right Chinese glyphs."""
        return "zh-Hans" if self is Language.ZH else "en"


class Words:
    """One language: sentences by key, and dates as its readers write them.

    A catalogue has the tables of its own page, ``months`` (twelve names) and the table ``date``
    with the sentences ``today``, ``yesterday``, ``this_year`` and ``other_year``.
    """

    def __init__(self, language: Language, sentences: Mapping[str, str], months: list[str]) -> None:
        self.language = language
        self._sentences = sentences
        self._months = months

    @classmethod
    def load(cls, folder: Path, language: Language) -> Words:
        """Read a language's catalogue, ``<folder>/<language>.toml``."""
        tables = tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8"))
        months = list(tables.pop("months"))
        sentences = {
            f"{table}.{key}": sentence
            for table, entries in tables.items()
            for key, sentence in entries.items()
        }
        return cls(language, sentences, months)

    @property
    def keys(self) -> frozenset[str]:
        """All keys of the catalogue."""
        return frozenset(self._sentences)

    def __call__(self, key: str, **values: object) -> str:
        """The sentence for a key (``card.visits``) with its values filled in."""
        return self._sentences[key].format(**values)

    def when(self, moment: datetime, now: datetime, timezone: ZoneInfo) -> str:
        """A moment as one says it in the shop: today 14:02, yesterday 9:30, 3 May, 3 May 2024."""
        local, today = moment.astimezone(timezone), now.astimezone(timezone).date()
        time = f"{local:%H:%M}"
        if local.date() == today:
            return self("date.today", time=time)
        if local.date() == today - timedelta(days=1):
            return self("date.yesterday", time=time)
        key = "date.this_year" if local.year == today.year else "date.other_year"
        return self(key, time=time, **self._parts(local))

    def day(self, moment: datetime, timezone: ZoneInfo) -> str:
        """A calendar day with its year."""
        return self("date.other_year", **self._parts(moment.astimezone(timezone)))

    def _parts(self, local: datetime) -> dict[str, object]:
        return {"day": local.day, "month": self._months[local.month - 1], "year": local.year}


def preferred(accept_language: str) -> Language:
    """The best of our languages for an ``Accept-Language`` header; Chinese when none fits."""
    wishes = sorted(_wishes(accept_language), key=lambda wish: -wish[0])
    known = (Language(tag) for _, tag in wishes if tag in list(Language))
    return next(known, Language.ZH)


def _wishes(accept_language: str) -> list[tuple[float, str]]:
    """Quality and primary tag of each wish; those refused with q=0 are left out."""
    wishes = []
    for item in accept_language.split(",")[:_MOST_WISHES]:
        tag, _, parameter = item.strip().partition(";")
        quality = _quality(parameter)
        if quality > 0:
            wishes.append((quality, tag.strip().lower().partition("-")[0]))
    return wishes


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0

"""Templates and words become HTML; every value is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from models.shown.words import Language, Words
from models.web.assets import Assets

_HERE: Final = Path(__file__).parent


class Paint:
    """Renders templates in one of the languages. Safe for one thread."""

    def __init__(self, assets: Assets, constants: Mapping[str, object]) -> None:
        """``constants`` are known to every template."""
        self._words = {language: Words.load(_HERE / "locales", language) for language in Language}
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.globals.update(constants, asset=assets.url)

    def words(self, language: Language) -> Words:
        """The catalogue of a language."""
        return self._words[language]

    def page(self, template: str, language: Language, values: Mapping[str, object]) -> str:
        """A template with its values, in a language."""
        words = self._words[language]
        other = next(each for each in Language if each is not language)
        return self._templates.get_template(template).render(
            values, t=words, language=language, other=other
        )

"""Looks at a page as somebody does who wants to read it: judges for every page of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from playwright.sync_api import Page

_JUDGES: Final = Path(__file__).with_name("looks.js").read_text(encoding="utf-8")
_MOST_STOPS: Final = 400
_STOP: Final = """(but) => {
  const stop = document.activeElement;
  if (!stop || stop === document.body) return null;
  const style = getComputedStyle(stop);
  const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return [seen || stop.matches(but), stop.outerHTML.slice(0, 80)];
}"""


def eyesores(page: Page) -> list[str]:
    """What is cut off, touching, faint, untranslated or without a name; of the page as it is now.

    Everything is measured within one task of the browser, so a live page cannot change meanwhile.
    """
    found: list[str] = page.evaluate(_JUDGES)
    return found


def unmarked_stops(page: Page, but: str = ".skip") -> list[str]:
    """Where the Tab key stops without an outline, from the top to the end of the page.

    ``but`` selects what shows in another way of its own that it has the focus.
    """
    page.evaluate("document.activeElement?.blur()")
    found = []
    for _ in range(_MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(_STOP, but)
        if stop is None:
            break
        marked, what = stop
        if not marked:
            found.append(what)
    return found

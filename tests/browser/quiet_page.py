"""A page that may neither complain nor ask anybody but who served it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

from tests.browser.chromium import a_visitor

DESK: Final = (1280, 800)
PHONE: Final = (360, 740)


@contextmanager
def a_quiet_page(
    browser: Browser,
    url: str,
    *,
    locale: str = "en-US",
    size: tuple[int, int] = DESK,
    touch: bool = False,
    script: bool = True,
    forgiven: Collection[str] = (),
) -> Iterator[Page]:
    """A fresh visitor's page at this address; fails the test at its end if it was not quiet.

    Args:
        browser: any.
        url: opened first; nobody but its host may be asked for anything.
        locale, size, touch, script: the visitor's.
        forgiven: parts of what the console may say all the same.
    """
    complaints: list[str] = []
    asked: set[str] = set()
    with a_visitor(
        browser, locale=locale, width=size[0], height=size[1], touch=touch, script=script
    ) as visitor:
        page = visitor.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
        page.goto(url)
        yield page
    assert [said for said in complaints if not any(each in said for each in forgiven)] == []
    assert asked == {urlsplit(url).netloc}

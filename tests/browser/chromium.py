"""Debian's Chromium, driven by Playwright: one place that knows how it is started.

Without Chromium browser tests are skipped with the reason, except in CI, where they fail: a page
nobody opened is not tested.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

_USUAL_PLACE = Path("/usr/bin/chromium")
_QUIET = (
    "--no-sandbox",  # test containers run as root, where Chromium's sandbox cannot
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def chromium() -> str:
    """Where Chromium is; skips the test (in CI: fails it) when it is missing."""
    found = str(_USUAL_PLACE) if _USUAL_PLACE.exists() else shutil.which("chromium")
    if found:
        return found
    missing = "Chromium is not installed; on Debian: apt-get install chromium"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


@contextmanager
def a_browser() -> Iterator[Browser]:
    """A browser process; its contexts share nothing with any earlier run."""
    executable = chromium()
    with sync_playwright() as playwright:
        browser = _launch(playwright, executable)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def a_visitor(
    browser: Browser,
    *,
    locale: str = "zh-CN",
    width: int = 1280,
    height: int = 800,
    dark: bool = False,
    touch: bool = False,
    script: bool = True,
) -> Iterator[BrowserContext]:
    """A fresh profile as a person's: language, window, colour scheme; a 10-inch tablet's size."""
    context = browser.new_context(
        locale=locale,
        timezone_id="Asia/Shanghai",
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        has_touch=touch,
        java_script_enabled=script,
    )
    context.set_default_timeout(10_000)
    try:
        yield context
    finally:
        context.close()


def _launch(playwright: Playwright, executable: str) -> Browser:
    return playwright.chromium.launch(executable_path=executable, args=list(_QUIET))

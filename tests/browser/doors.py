"""The doors before the pages, as a person opens them."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.simulators.console_visitor import PASSWORD


def enter_pin(page: Page, pin: str) -> None:
    """At the set-up page's door."""
    page.locator("#pin").fill(pin)
    page.locator("#pin").press("Enter")


def sign_in(page: Page, url: str) -> None:
    """At the console's door, with ``console_visitor``'s password."""
    page.goto(f"{url}/console/sign-in")
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("main button").click()
    expect(page).to_have_url(re.compile("/console/today"))

"""Every page of the console as a manager sees it: nothing is cut off, covered, faint or mute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import a_visitor
from tests.browser.doors import sign_in
from tests.browser.looks import eyesores, unmarked_stops
from tests.simulators.clocks import RunningClock
from tests.simulators.console_visitor import PASSWORD
from tests.simulators.facts import NOON
from tests.simulators.lively_store import DAY, open_lively_store
from tests.simulators.whole_cloud import WholeCloud

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OF_DAY = f"?store=demo/sh-0001&day={DAY}"
QUIET_DAY = "?store=demo/sh-0001&day=2026-11-27"
PAGES = (
    f"today{OF_DAY}",
    f"today{QUIET_DAY}",
    f"footfall{OF_DAY}",
    f"footfall{QUIET_DAY}",
    f"footfall/drift{OF_DAY}",
    f"capture{OF_DAY}",
    f"capture{QUIET_DAY}",
    "devices",
    "alarms",
    "drawings",
    "dead-letters",
    "members",
    "nothing-of-that-name",
)
LINKED = ((f"today{OF_DAY}", "td.who a"), (f"capture{OF_DAY}", ".records a"))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    clock = RunningClock(NOON + timedelta(hours=11, minutes=30))
    with WholeCloud(tmp_path_factory.mktemp("lively"), clock=clock) as cloud:
        open_lively_store(cloud)
        cloud.door.prepare({"LIANKE_CONSOLE_PASSWORD": PASSWORD})
        with cloud.served() as url:
            yield url


def addresses(page: Page, url: str) -> Iterator[str]:
    """Of all pages, those that are reached by a link of another one too."""
    for path in PAGES:
        yield f"{url}/console/{path}"
    for path, link in LINKED:
        page.goto(f"{url}/console/{path}")
        yield f"{url}{page.locator(link).first.get_attribute('href')}"


def unfold(page: Page) -> None:
    """Everything that can be opened."""
    expect(page.locator("h1, h2").first).to_be_visible()
    for summary in page.locator("summary").all():
        summary.click()
        expect(summary.locator("xpath=..")).to_have_attribute("open", "")


def eyesores_everywhere(page: Page, url: str) -> list[str]:
    """Of all pages with everything unfolded, each with its page."""
    found = []
    for each in addresses(page, url):
        page.goto(each)
        unfold(page)
        found += [f"{each.removeprefix(url)}: {sore}" for sore in eyesores(page)]
    return found


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_every_page_can_be_read_on_a_phone_and_on_a_desk(
    browser: Browser, address: str, locale: str, *, dark: bool
) -> None:
    width = 390 if dark == (locale == "zh-CN") else 1280
    with a_visitor(browser, locale=locale, width=width, height=844, dark=dark) as context:
        page = context.new_page()
        sign_in(page, address)
        assert eyesores_everywhere(page, address) == []


@pytest.mark.parametrize("path", [f"today{OF_DAY}", f"capture{OF_DAY}", "alarms", "members"])
def test_whoever_uses_the_keyboard_sees_where_they_are(
    browser: Browser, address: str, path: str
) -> None:
    with a_visitor(browser, locale="en-GB") as context:
        page = context.new_page()
        sign_in(page, address)
        page.goto(f"{address}/console/{path}")
        expect(page.locator("h1")).to_be_visible()
        assert unmarked_stops(page) == []

"""Capture quality in a real browser: live, on a narrow screen, and without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import a_visitor
from tests.browser.doors import sign_in
from tests.simulators.capture_words import released, set_aside
from tests.simulators.clocks import RunningClock
from tests.simulators.console_visitor import PASSWORD
from tests.simulators.facts import NOON, a_sale
from tests.simulators.whole_cloud import WholeCloud

pytestmark = pytest.mark.browser

CAPTURE = "/console/capture?store=demo/sh-0001&day=2026-11-22"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[WholeCloud]:
    with WholeCloud(tmp_path, clock=RunningClock(NOON + timedelta(hours=9))) as made:
        made.open_store()
        made.enrol()
        made.door.prepare({"LIANKE_CONSOLE_PASSWORD": PASSWORD})
        yield made


def look(page: Page, url: str) -> None:
    """Sign in and open the page."""
    sign_in(page, url)
    page.goto(f"{url}{CAPTURE}")


def test_a_gap_is_named_and_closes_by_itself_when_the_transaction_comes(
    cloud: WholeCloud, browser: Browser, url: str
) -> None:
    cloud.sell(a_sale(41), a_sale(43))
    with a_visitor(browser, locale="en-GB") as context:
        page = context.new_page()
        look(page, url)
        expect(page.get_by_role("status").first).to_have_text("Live")
        till = page.get_by_role("region", name="Tills").get_by_role("row", name="1", exact=False)
        expect(till.last).to_contain_text("Numbers missing")
        expect(page.locator("[data-figure=missing]")).to_have_text("1")
        cloud.sell(a_sale(42))
        expect(page.locator("[data-figure=missing]")).to_have_text("0")
        expect(till.last).to_contain_text("Whole")


def test_a_record_is_compared_on_a_narrow_screen_without_scrolling_sideways(
    cloud: WholeCloud, browser: Browser, url: str
) -> None:
    cloud.sell(a_sale(1))
    cloud.set_aside(set_aside(raw=f"<Total>{'X' * 300}</Total>"))
    with a_visitor(browser, locale="zh-CN", width=390, height=844) as context:
        page = context.new_page()
        look(page, url)
        expect(page.get_by_role("heading", name="采集质量")).to_be_visible()
        page.locator(".records a").click()
        expect(page.get_by_role("table")).to_contain_text("sequence_number = 0042")
        expect(page.locator(".is-fault")).to_contain_text("出错")
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0


def test_the_page_needs_no_script(cloud: WholeCloud, browser: Browser, url: str) -> None:
    cloud.sell(a_sale(1), a_sale(3))
    cloud.set_aside(set_aside("a"), set_aside("b"), released("b"))
    with a_visitor(browser, locale="en-GB", script=False) as context:
        page = context.new_page()
        look(page, url)
        expect(page.locator("[data-figure=missing]")).to_have_text("1")
        expect(page.locator("[data-figure=quarantined]")).to_have_text("1")
        page.locator("summary").click()
        expect(page.get_by_role("cell", name=re.compile("Read again"))).to_be_visible()
        page.get_by_role("link", name="Day before").click()
        expect(page.get_by_text("Nothing has been captured")).to_be_visible()

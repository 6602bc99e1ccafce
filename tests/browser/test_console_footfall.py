"""The footfall page in a real browser: live, narrow, and without a script."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from models.wire.events.footfall import LineTally
from tests.browser.chromium import a_visitor
from tests.browser.doors import sign_in
from tests.simulators.clocks import RunningClock
from tests.simulators.console_visitor import PASSWORD
from tests.simulators.crowded_day import AUDIT, OPENS, a_crowded_day
from tests.simulators.facts import NOON, a_crowded_minute, an_audit
from tests.simulators.whole_cloud import WholeCloud

pytestmark = pytest.mark.browser

FOOTFALL = "/console/footfall?store=demo/sh-0001&day=2026-11-22"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[WholeCloud]:
    with WholeCloud(tmp_path, clock=RunningClock(NOON + timedelta(hours=9))) as made:
        made.open_store()
        made.door.prepare({"LIANKE_CONSOLE_PASSWORD": PASSWORD})
        yield made


def look(page: Page, url: str) -> None:
    """Sign in and open the page."""
    sign_in(page, url)
    page.goto(f"{url}{FOOTFALL}")


def test_who_comes_in_is_on_the_screen_by_itself(
    cloud: WholeCloud, browser: Browser, url: str
) -> None:
    came = LineTally(line="doorstep", ingress=2, egress=0, groups_in=1)
    cloud.count(a_crowded_minute(OPENS, lines=[came]))
    with a_visitor(browser, locale="en-GB") as context:
        page = context.new_page()
        look(page, url)
        expect(page.get_by_role("status").first).to_have_text("Live")
        expect(page.locator("[data-figure=visitors]")).to_have_text("2")
        page.locator("#crowd-hours-details summary").click()
        cloud.count(a_crowded_minute(OPENS + timedelta(minutes=1), lines=[came]))
        expect(page.locator("[data-figure=visitors]")).to_have_text("4")
        expect(page.get_by_role("table", name="Visitors and passers-by by hour")).to_be_visible()
        expect(page.get_by_text("Never audited")).to_be_visible()
        cloud.check(an_audit())
        expect(page.get_by_text("Changed since the last audit")).to_be_visible()


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_a_whole_day_fits_a_narrow_screen_with_every_table_open(
    cloud: WholeCloud, browser: Browser, url: str, locale: str
) -> None:
    cloud.check(an_audit(AUDIT))
    cloud.count(*a_crowded_day(hours=2))
    with a_visitor(browser, locale=locale, width=360, height=800) as context:
        page = context.new_page()
        look(page, url)
        for summary in page.locator("summary").all():
            summary.click()
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        expect(page.locator("svg.heat")).to_have_count(1)


def test_the_page_needs_no_script(cloud: WholeCloud, browser: Browser, url: str) -> None:
    cloud.count(*a_crowded_day(hours=1))
    with a_visitor(browser, locale="en-GB", script=False) as context:
        page = context.new_page()
        look(page, url)
        expect(page.get_by_role("region", name="Zones and queues").first).to_contain_text("Queue")
        page.get_by_role("link", name="Day after").click()
        expect(page.get_by_text("Nobody has been counted on this day yet.")).to_be_visible()

"""The device's own pages as somebody in the shop sees them: nothing cut off, covered or faint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from agent.tablet import Limits, LineState
from models.runtime.clock import SystemClock
from tests.browser.chromium import a_visitor
from tests.browser.doors import enter_pin
from tests.browser.looks import eyesores, unmarked_stops
from tests.simulators.agent_status import a_status, a_troubled_status
from tests.simulators.facts import SHANGHAI, a_sale
from tests.simulators.guide_tablet import a_tablet
from tests.simulators.set_up_box import PIN, a_set_up_box
from tests.simulators.shop_cards import PHONE, a_card, a_delta, a_purchase, id_of
from tests.simulators.status_box import StatusBox, a_status_box

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOOKS = pytest.mark.parametrize(
    ("locale", "width", "dark"),
    [
        ("zh-CN", 390, False),
        ("zh-CN", 1280, True),
        ("en-GB", 390, True),
        ("en-GB", 1280, False),
    ],
)


@contextmanager
def a_page(browser: Browser, locale: str, width: int, *, dark: bool) -> Iterator[Page]:
    with a_visitor(browser, locale=locale, width=width, height=844, dark=dark) as context:
        yield context.new_page()


@pytest.fixture
def guide(tmp_path: Path) -> Iterator[str]:
    """Offline for hours, with a member who has just paid a million."""
    with a_tablet(tmp_path, SystemClock(), Limits(searches_per_minute=10_000)) as tablet:
        tablet.replica.apply(a_delta(1, a_card(purchases=[a_purchase()])))
        now = datetime.now(UTC)
        sale = a_sale(7, phone=PHONE, total_minor=123_456_789, end_at=now.astimezone(SHANGHAI))
        tablet.replica.lay_over(sale, id_of(sale), now)
        tablet.line.state = LineState(online=False, since=now - timedelta(hours=3))
        yield tablet.url


@pytest.fixture
def box(tmp_path: Path) -> Iterator[StatusBox]:
    with a_status_box(tmp_path, guide=True) as box:
        yield box


@LOOKS
def test_the_guides_page_can_be_read(
    browser: Browser, guide: str, locale: str, width: int, *, dark: bool
) -> None:
    with a_page(browser, locale, width, dark=dark) as page:
        page.goto(guide)
        expect(page.locator("#number")).to_be_visible()
        assert (eyesores(page), unmarked_stops(page)) == ([], [])
        page.locator("#number").fill(PHONE)
        page.locator("form.search button[type=submit]").click()
        expect(page.locator("h1")).to_have_text("王*")
        assert (eyesores(page), unmarked_stops(page)) == ([], [])


@LOOKS
def test_the_status_page_can_be_read(
    browser: Browser, box: StatusBox, locale: str, width: int, *, dark: bool
) -> None:
    with a_page(browser, locale, width, dark=dark) as page:
        for status in (a_status(), a_troubled_status()):
            box.status = status
            page.goto(f"{box.url}/status")
            expect(page.locator(".alarms li")).to_have_count(len(status.alarms))
            assert (eyesores(page), unmarked_stops(page)) == ([], [])


@LOOKS
def test_the_set_up_page_can_be_read(
    browser: Browser, tmp_path: Path, locale: str, width: int, *, dark: bool
) -> None:
    with (
        a_set_up_box(tmp_path) as box,
        a_page(browser, locale, width, dark=dark) as page,
    ):
        page.goto(f"{box.url}/setup")
        expect(page.locator("#pin")).to_be_visible()
        assert (eyesores(page), unmarked_stops(page)) == ([], [])
        enter_pin(page, PIN)
        expect(page.locator(".shape-row")).to_have_count(1)
        assert eyesores(page) == []
        assert unmarked_stops(page, but=".skip, .handle") == []

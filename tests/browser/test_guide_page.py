"""The guide's page in a real browser: what a guide sees, touches and types in a shop."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from agent.tablet import Limits, LineState
from models.runtime.clock import SystemClock
from models.wire.ids import SaleId
from tests.browser.quiet_page import a_quiet_page
from tests.simulators.facts import SHANGHAI, a_sale
from tests.simulators.guide_tablet import Tablet, a_tablet
from tests.simulators.shop_cards import (
    LI,
    OTHER_PHONE,
    PHONE,
    a_card,
    a_delta,
    a_purchase,
    a_tombstone,
    id_of,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SHOW_S = 8.0
"""Long enough to be seen on a busy machine, by a browser that looks as it finds the time."""
MASKED_AGAIN_MS = (SHOW_S + 15) * 1000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tablet]:
    limits = Limits(show_s=SHOW_S, searches_per_minute=10_000, heartbeat_s=0.5)
    with a_tablet(tmp_path_factory.mktemp("tablet"), SystemClock(), limits) as tablet:
        yield tablet


@pytest.fixture
def tablet(running: Tablet) -> Tablet:
    running.line.state = LineState(online=True, since=datetime.now(UTC))
    running.replica.forget()
    running.replica.apply(a_delta(1, a_card(purchases=[a_purchase()])))
    running.replica.apply(a_delta(2, a_card(LI, phone=OTHER_PHONE, given_name="丽华", cards=[])))
    return running


@contextmanager
def a_page(
    browser: Browser, tablet: Tablet, *, locale: str = "zh-CN", script: bool = True
) -> Iterator[Page]:
    """A page that may neither complain on its console nor ask anybody but the tablet."""
    with a_quiet_page(
        browser, tablet.url, locale=locale, script=script, forgiven=["Failed to load resource"]
    ) as page:
        yield page


def find(page: Page, number: str, surname: str = "") -> None:
    page.locator("#number").fill(number)
    page.locator("#surname").fill(surname)
    page.locator("form.search button[type=submit]").click()


def ring_up(tablet: Tablet, number: int, total_minor: int = 3_580, phone: str = PHONE) -> SaleId:
    """A sale that ends now, later numbers later."""
    end_at = datetime.now(SHANGHAI) + timedelta(seconds=number)
    sale = a_sale(number, phone=phone, total_minor=total_minor, end_at=end_at)
    tablet.replica.lay_over(sale, id_of(sale), datetime.now(UTC))
    return id_of(sale)


def test_a_sale_appears_on_the_open_card_without_a_reload(browser: Browser, tablet: Tablet) -> None:
    with a_page(browser, tablet) as page:
        find(page, "139 1682 5678")
        expect(page.locator("#name")).to_have_text("王*")
        expect(page.locator("#visits")).to_have_text("12")
        page.evaluate("window.sameDocument = true")
        sale_id = ring_up(tablet, 1)
        row = page.locator(f'[data-sale="{sale_id}"]')
        expect(row).to_contain_text("等待云端确认")
        expect(row).to_contain_text("¥35.80")
        expect(page.locator("#visits")).to_have_text("13")
        expect(page.locator("#news")).to_have_text("新的消费 ¥35.80")
        card = a_card(version=7, visits=13, spend_minor=127_030, includes=[sale_id])
        tablet.replica.apply(a_delta(3, card))
        expect(page.locator('#card[data-version="7"]')).to_be_visible()
        expect(page.locator("#visits")).to_have_text("13")
        assert page.evaluate("window.sameDocument") is True


def test_details_are_shown_for_a_moment_and_then_masked(browser: Browser, tablet: Tablet) -> None:
    with a_page(browser, tablet) as page:
        find(page, PHONE)
        expect(page.locator(".known-by")).to_contain_text("139****5678")
        page.locator("#mask").click()
        expect(page.locator("#name")).to_have_text("王小明")
        expect(page.locator(".known-by")).to_contain_text("13916825678")
        expect(page.locator("#mask")).to_be_focused()
        expect(page.locator("#name")).to_have_text("王*", timeout=MASKED_AGAIN_MS)
        page.locator("#mask").click()
        expect(page.locator("#name")).to_have_text("王小明")
        page.locator("#mask").click()
        expect(page.locator("#name")).to_have_text("王*", timeout=6_000)


def test_neither_address_nor_title_names_the_member(browser: Browser, tablet: Tablet) -> None:
    with a_page(browser, tablet) as page:
        find(page, PHONE)
        expect(page.locator("#card")).to_be_visible()
        assert not any(part in page.url for part in ("139", "5678", "a11ce"))
        assert page.title() == "会员卡 · 连客"


def test_two_members_with_the_same_ending_are_told_apart(browser: Browser, tablet: Tablet) -> None:
    with a_page(browser, tablet) as page:
        find(page, "5678")
        expect(page.get_by_role("alert")).to_contain_text("姓氏")
        expect(page.locator("#surname")).to_be_focused()
        find(page, "5678", "王")
        choices = page.locator(".choose li")
        expect(choices).to_have_count(2)
        expect(choices.filter(has_text="137****5678")).to_have_count(1)
        choices.filter(has_text="137****5678").get_by_role("link").click()
        expect(page.locator(".known-by")).to_contain_text("137****5678")


def test_the_keyboard_is_enough(browser: Browser, tablet: Tablet) -> None:
    with a_page(browser, tablet) as page:
        expect(page.locator("#number")).to_be_focused()
        page.keyboard.type("13916825678")
        page.keyboard.press("Enter")
        expect(page.locator("#name")).to_have_text("王*")
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.locator("#mask")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#name")).to_have_text("王小明")
        expect(page.locator("#mask")).to_be_focused()


def test_the_language_is_switched_and_remembered(browser: Browser, tablet: Tablet) -> None:
    with a_page(browser, tablet) as page:
        page.get_by_role("link", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        find(page, PHONE)
        expect(page.get_by_role("heading", name="Latest purchases")).to_be_visible()
        ring_up(tablet, 1)
        expect(page.locator("#news")).to_have_text("New purchase ¥35.80")
        page.get_by_role("link", name="中文").click()
        expect(page.get_by_role("heading", name="最近购物")).to_be_visible()
    with a_page(browser, tablet, locale="en-GB") as page:
        expect(page.locator("html")).to_have_attribute("lang", "en")


def test_everything_but_the_live_part_works_without_script(
    browser: Browser, tablet: Tablet
) -> None:
    with a_page(browser, tablet, script=False) as page:
        find(page, PHONE)
        expect(page.locator("#name")).to_have_text("王*")
        page.locator("#mask").click()
        expect(page.locator("#name")).to_have_text("王小明")
        expect(page.locator("#name")).to_have_text("王*", timeout=MASKED_AGAIN_MS)


def test_the_line_and_its_loss_are_shown(browser: Browser, tablet: Tablet) -> None:
    with a_page(browser, tablet) as page:
        find(page, PHONE)
        expect(page.locator(".line.online")).to_be_visible()
        tablet.line.state = LineState(online=False, since=datetime.now(UTC))
        expect(page.locator(".line.offline")).to_contain_text("起离线")


def test_a_forgotten_member_vanishes_from_the_screen(browser: Browser, tablet: Tablet) -> None:
    with a_page(browser, tablet) as page:
        find(page, PHONE)
        expect(page.locator("#name")).to_be_visible()
        tablet.replica.apply(a_tombstone(3))
        expect(page.locator("#ended")).to_be_visible()
        expect(page.locator("#card")).to_be_hidden()


def test_names_do_not_stay_on_a_screen_whose_server_died(browser: Browser, tmp_path: Path) -> None:
    limits = Limits(show_s=5, heartbeat_s=0.5)
    with a_tablet(tmp_path, SystemClock(), limits) as tablet:
        tablet.replica.apply(a_delta(1, a_card()))
        with a_page(browser, tablet) as page:
            find(page, PHONE)
            page.locator("#mask").click()
            expect(page.locator("#name")).to_have_text("王小明")
            tablet.server.stop()
            expect(page.locator("#lost")).to_be_visible()
            expect(page.locator("#name")).to_have_text("王*")


SALES, ROUNDS = 200, 3
WATCH = """() => {
  window.arrivals = {};
  new MutationObserver(() => {
    const now = performance.timeOrigin + performance.now();
    for (const row of document.querySelectorAll('[data-sale]')) {
      window.arrivals[row.dataset.sale] ??= now;
    }
  }).observe(document.body, { childList: true, subtree: true });
}"""


@dataclass(frozen=True)
class Latencies:
    """Milliseconds from the call of ``lay_over`` to the changed page."""

    median: float
    p99: float


def test_a_sale_is_on_the_screen_within_a_blink(
    browser: Browser, tablet: Tablet, capsys: pytest.CaptureFixture[str]
) -> None:
    with a_page(browser, tablet) as page:
        find(page, PHONE)
        expect(page.locator("#name")).to_be_visible()
        page.evaluate(WATCH)
        laid: list[SaleId] = []
        for _ in range(ROUNDS):
            figures = _a_round(page, tablet, laid)
            if figures.median < 50:
                break
    with capsys.disabled():
        print(f"\nlay_over to DOM, {SALES} sales: {figures}")
    assert figures.median < 50, "the best of three: the machine may be busy with other tests"


def _a_round(page: Page, tablet: Tablet, laid: list[SaleId]) -> Latencies:
    """Ring up more sales than these were; the card has room for ten that wait, so few may."""
    ahead_ms = _browser_clock_ahead_ms(page)
    at_ms: dict[SaleId, float] = {}
    for number in range(len(laid) + 1, len(laid) + SALES + 1):
        before = time.time()
        laid.append(ring_up(tablet, number))
        at_ms[laid[-1]] = before * 1000
        time.sleep(0.02)
        if number % 5 == 0:
            page.wait_for_function("sale => sale in window.arrivals", arg=laid[-1])
        if number % 20 == 0:
            confirmed = a_card(version=number, includes=laid[:-10])
            tablet.replica.apply(a_delta(2 + number // 20, confirmed))
    arrived: dict[str, float] = page.evaluate("window.arrivals")
    waits = sorted(arrived[sale_id] - ahead_ms - at for sale_id, at in at_ms.items())
    return Latencies(statistics.median(waits), waits[int(SALES * 0.99) - 1])


def _browser_clock_ahead_ms(page: Page) -> float:
    """How far the page's clock is ahead of ours: the quickest of twenty question and answers."""
    samples = []
    for _ in range(20):
        asked = time.time()
        theirs: float = page.evaluate("performance.timeOrigin + performance.now()")
        answered = time.time()
        samples.append((answered - asked, theirs - (asked + answered) * 500))
    return min(samples)[1]

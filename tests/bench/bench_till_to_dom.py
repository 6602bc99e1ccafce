"""From the till's rename to the DOM of the guide's page, in Chromium, with a real agent process.

A guide has a member's card open; the till writes that member's sales. The moment before the rename
is taken here, the moment at which the sale stands in the DOM by a MutationObserver in the page;
both clocks are the machine's, their offset is measured and taken off.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page

from models.wire.events.sale import natural_key
from models.wire.ids import TenantId, sale_id
from tests.browser.chromium import a_browser, a_visitor
from tests.simulators.demo.boxes import Shop
from tests.simulators.demo.stage import TENANT, Ports, ShopPlan
from tests.simulators.demo.stopwatch import percentile
from tests.simulators.facts import SHANGHAI
from tests.simulators.poslog_writer import poslog, transaction
from tests.simulators.processes import eventually, free_port

SALES = 220
WARM_UP = 20
LIMIT_MS = 50.0
PHONE = "13916825678"
PLAN = ShopPlan("sh-0001", "连客便利", "Asia/Shanghai", "CNY", "arts-poslog")

_WATCH = """() => {
  window.seen = {};
  const look = () => {
    const now = performance.timeOrigin + performance.now();
    for (const row of document.querySelectorAll('[data-sale]'))
      if (!(row.dataset.sale in window.seen)) window.seen[row.dataset.sale] = now;
  };
  look();
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
}"""


@dataclass(frozen=True, slots=True)
class _Sale:
    sale_id: str
    xml: bytes


def measure() -> list[dict[str, object]]:
    """p50 and p99 over ``SALES`` sales, one at a time, as in a shop."""
    latencies = sorted(_latencies_ms())
    return [
        {
            "name": f"guide.till_to_dom.p{share}",
            "value": value,
            "unit": "ms",
            "ratio": round(value / LIMIT_MS, 3),
            "against": f"{LIMIT_MS:g} ms, {len(latencies)} sales",
        }
        for share in (50, 99)
        if (value := percentile(latencies, share / 100)) is not None
    ]


def _latencies_ms() -> list[float]:
    with (
        tempfile.TemporaryDirectory() as folder,
        _a_shop(Path(folder)) as shop,
        a_browser() as browser,
        a_visitor(browser) as visitor,
    ):
        page = visitor.new_page()
        _open_card(shop, page)
        offset_ms = _clock_offset_ms(page)
        found = [_one(shop, page, _a_sale(n), offset_ms) for n in range(2, SALES + 2)]
    return found[WARM_UP:]


@contextmanager
def _a_shop(folder: Path) -> Iterator[Shop]:
    """An agent whose broker is away: nothing on this path may need one."""
    shop = Shop(folder, PLAN, Ports.free(), "no broker here", free_port())
    shop.start()
    try:
        yield shop
    finally:
        shop.stop()


def _open_card(shop: Shop, page: Page) -> None:
    first = _a_sale(1)
    _drop(shop, first)
    assert eventually(lambda: not list(shop.till.glob("*.xml")), 10)
    page.goto(shop.url)
    page.locator("#number").fill(PHONE)
    page.keyboard.press("Enter")
    page.locator(f'[data-sale="{first.sale_id}"]').wait_for()
    page.evaluate(_WATCH)


def _one(shop: Shop, page: Page, sale: _Sale, offset_ms: float) -> float:
    began_ms = _drop(shop, sale)
    page.wait_for_function("id => id in window.seen", arg=sale.sale_id, polling=20)
    seen_ms: float = page.evaluate("id => window.seen[id]", sale.sale_id)
    return seen_ms - offset_ms - began_ms


def _drop(shop: Shop, sale: _Sale) -> float:
    """Write a file as a till does; the wall clock in ms at the rename."""
    part = shop.till / f"{sale.sale_id}.part"
    part.write_bytes(sale.xml)
    began_ms = time.time_ns() / 1e6
    part.rename(shop.till / f"{sale.sale_id}.xml")
    return began_ms


def _clock_offset_ms(page: Page) -> float:
    """How far the page's clock is ahead of ours, by the quickest of many questions."""
    asked: list[tuple[float, float]] = []
    for _ in range(30):
        before = time.time_ns() / 1e6
        theirs: float = page.evaluate("() => performance.timeOrigin + performance.now()")
        after = time.time_ns() / 1e6
        asked.append((after - before, theirs - (before + after) / 2))
    return min(asked)[1]


def _a_sale(number: int) -> _Sale:
    day = "2025-11-07"
    ended = datetime(2025, 11, 7, 10, tzinfo=SHANGHAI) + timedelta(seconds=number)
    customer = (
        "<Customer><ContactInformation>"
        f"<TelephoneNumber>{PHONE}</TelephoneNumber>"
        "</ContactInformation></Customer>"
    )
    key = natural_key(PLAN.store, "1001", "01", date.fromisoformat(day), str(number))
    return _Sale(
        sale_id(TenantId(TENANT), key),
        poslog(
            transaction(
                _retail(number, customer), number=str(number), day=day, end_at=ended.isoformat()
            )
        ),
    )


def _retail(number: int, customer: str) -> str:
    lines = "".join(
        f"<LineItem><SequenceNumber>{n}</SequenceNumber><Sale><ItemID>1000{n}</ItemID>"
        f"<Description>康师傅红烧牛肉面 {number}</Description><ExtendedAmount>2.50</ExtendedAmount>"
        "<Quantity>1</Quantity></Sale></LineItem>"
        for n in range(1, 5)
    )
    cash = (
        '<LineItem><SequenceNumber>5</SequenceNumber><Tender TenderType="Cash">'
        "<Amount>10.00</Amount></Tender></LineItem>"
    )
    total = '<Total TotalType="TransactionGrandAmount">10.00</Total>'
    return f"<RetailTransaction>{lines}{cash}{total}{customer}</RetailTransaction>"


if __name__ == "__main__":
    for figure in measure():
        print(json.dumps(figure))

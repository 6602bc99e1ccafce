"""What is read from an Odoo, and what an Odoo cannot do to us."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.capture.pos.web.odoo import OdooPuller, OdooSettings
from agent.capture.pos.web.odoo.calling import Caller, OdooRefused, OdooUnavailable
from agent.capture.pos.web.odoo.watermark import WatermarkFile
from agent.capture.pos.web.profile import WebFormat, load_web_profile
from agent.errors import DiskUnusable, OutboxBusy
from models.runtime.clock import SystemClock
from models.wire.events.sale import LineKind, LinkReason, SaleRecorded, Scheme
from tests.simulators.capturing import PROFILES, LedgerSink, context
from tests.simulators.odoo_server import KEY, Odoo, serving, shop
from tests.simulators.web_door import KeptAside


class _NovemberClock(SystemClock):
    """The days of the orders; waits as the machine does."""

    def now(self) -> datetime:
        return datetime(2025, 11, 7, 6, 0, tzinfo=UTC)


@dataclass
class _Pulled:
    odoo: Odoo
    puller: OdooPuller
    sink: LedgerSink
    aside: KeptAside

    def only(self) -> SaleRecorded:
        (found,) = self.sink.stored.values()
        return found.sale


@contextmanager
def pulling(
    folder: Path, odoo: Odoo, *, sink: LedgerSink | None = None, key: str = KEY, **changes: Any
) -> Iterator[_Pulled]:
    with serving(odoo, odoo.port) as url:
        settings = replace(
            OdooSettings(url, "shop", "till", folder / "key", poll_s=0.05, backoff_cap_s=0.05),
            **changes,
        )
        sink, aside, clock = sink or LedgerSink(), KeptAside(), _NovemberClock()
        puller = OdooPuller(
            settings,
            Caller(settings, key, clock.monotonic_s),
            profile=load_web_profile(PROFILES, "web-odoo", WebFormat.ODOO),
            context=context(),
            sink=sink,
            aside=aside,
            watermark=WatermarkFile(folder / "odoo.json"),
            clock=clock,
            random=lambda: 0.5,
        )
        try:
            yield _Pulled(odoo, puller, sink, aside)
        finally:
            puller.stop()
            puller._caller.close()


def test_an_order_is_right_to_the_cent(tmp_path: Path) -> None:
    odoo = shop()
    odoo.add(1)
    with pulling(tmp_path, odoo) as pulled:
        pulled.puller.step()
        sale = pulled.only()
    assert sale.natural_key == "sh-0001/uuid/5f0c7a51-0000-4000-8000-000000000001"
    assert (sale.total_minor, sale.currency) == (1240, "CNY")
    assert [line.extended_amount_minor for line in sale.lines] == [240, 1000]
    assert sale.lines[1].discounts[0].amount_minor == -250
    assert [(each.amount_minor, each.change_minor) for each in sale.tenders] == [(2000, 760)]
    assert sale.taxes[0].amount_minor == 143
    assert sale.end_at.isoformat() == "2025-11-07T12:00:00+08:00"
    assert sale.capture.flags == []


def test_a_look_that_found_nothing_is_no_sale(tmp_path: Path) -> None:
    with pulling(tmp_path, shop()) as pulled:
        pulled.puller.step()
        status = pulled.puller.status
    assert (status.passes, status.last_sale_at) == (1, None)
    assert status.last_pass_at is not None
    odoo = shop()
    odoo.add(1)
    with pulling(tmp_path / "other", odoo) as pulled:
        pulled.puller.step()
        assert pulled.puller.status.last_sale_at == _NovemberClock().now()


def test_customers_come_with_phone_and_card_and_without_their_name(tmp_path: Path) -> None:
    odoo = shop()
    odoo.add(1)
    with pulling(tmp_path, odoo) as pulled:
        pulled.puller.step()
        (stored,) = pulled.sink.stored.values()
    assert {each.scheme for each in stored.sale.loyalty} == {Scheme.PHONE, Scheme.MEMBER_CODE}
    assert b"Li Lei" not in stored.body
    assert b"Mitchell" not in stored.body


def test_a_refund_is_linked_to_what_it_gives_back(tmp_path: Path) -> None:
    odoo = shop()
    odoo.add(1)
    odoo.add(2, amount_total=-2.4, amount_tax=-0.28, lines=[20], payment_ids=[20])
    odoo.tables["pos.order"][1]["refunded_order_id"] = [1, "Shop/0001"]
    odoo.tables["pos.order.line"][2] |= {"qty": -2.0, "price_subtotal_incl": -2.4}
    odoo.tables["pos.payment"][2]["amount"] = -2.4
    odoo.tables["pos.order.line"].pop()
    odoo.tables["pos.payment"].pop()
    with pulling(tmp_path, odoo) as pulled:
        pulled.puller.step()
        _, refund = [each.sale for each in pulled.sink.stored.values()]
    assert refund.total_minor == -240
    assert refund.lines[0].kind is LineKind.RETURN
    assert refund.lines[0].quantity == "-2"
    assert refund.links[0].reason is LinkReason.RETURN
    assert refund.links[0].sequence_number == "Shop/0001"
    assert refund.capture.flags == []


def test_pages_hold_all_orders_and_a_second_pass_hands_over_nothing(tmp_path: Path) -> None:
    odoo = shop()
    for number in range(1, 8):
        odoo.add(number)
    with pulling(tmp_path, odoo, page_orders=3) as pulled:
        pulled.puller.step()
        pulled.puller.step()
    assert len(pulled.sink.stored) == 7
    assert sum(map(len, pulled.sink.calls)) == 7
    assert pulled.puller.status.read_through == "2025-11-07 04:00:07"


def test_an_order_that_changes_between_pages_is_read_and_pushes_none_out(tmp_path: Path) -> None:
    odoo = shop()
    for number in range(1, 7):
        odoo.add(number)
    changes = iter([True])

    def change() -> None:
        if next(changes, False):
            odoo.tables["pos.order"][0] |= {
                "write_date": "2025-11-07 05:00:00",
                "pos_reference": "corrected",
            }
            odoo.tables["pos.order"][4]["write_date"] = "2025-11-07 05:00:00"

    odoo.after_page = change
    with pulling(tmp_path, odoo, page_orders=2, overlap_s=0.0) as pulled:
        pulled.puller.step()
        assert len({each.sale_id for each in pulled.sink.stored.values()}) == 6
        pulled.puller.step()
        assert len({each.sale_id for each in pulled.sink.stored.values()}) == 6
        numbers = [each.sale.receipt_number for each in pulled.sink.stored.values()]
    assert numbers.count("corrected") == 1


def test_only_what_changed_is_asked_for_after_a_restart(tmp_path: Path) -> None:
    odoo = shop()
    odoo.add(1)
    with pulling(tmp_path, odoo) as pulled:
        pulled.puller.step()
    odoo.add(500)
    odoo.tables["pos.order"][0]["write_date"] = "2025-11-01 00:00:00"
    with pulling(tmp_path, odoo) as pulled:
        pulled.puller.step()
        assert pulled.sink.numbers == ["Shop/0500"]


def test_what_the_sink_does_not_take_is_read_again(tmp_path: Path) -> None:
    odoo, sink = shop(), LedgerSink()
    odoo.add(1)
    sink.refuse_with = OutboxBusy("busy")
    with pulling(tmp_path, odoo, sink=sink) as pulled:
        with pytest.raises(OutboxBusy):
            pulled.puller.step()
        assert not (tmp_path / "odoo.json").exists()
        sink.refuse_with = None
        pulled.puller.step()
        assert len(sink.stored) == 1


def test_an_order_that_cannot_be_read_does_not_hold_the_others_up(tmp_path: Path) -> None:
    odoo = shop()
    odoo.add(1, amount_total=12.345)
    odoo.add(2, date_order=False)
    odoo.add(3)
    with pulling(tmp_path, odoo) as pulled:
        pulled.puller.step()
        pulled.puller.step()
    assert pulled.sink.numbers == ["Shop/0003"]
    assert len(pulled.aside.kept) == 2
    assert all("13800138000" not in refused.reason for _, refused in pulled.aside.kept)


@pytest.mark.parametrize(
    "change",
    [
        {"amount_total": 1e38},
        {"amount_total": [1]},
        {"amount_tax": "x"},
        {"lines": 5},
        {"payment_ids": [None, "a", {}]},
        {"partner_id": ["x", 1]},
        {"currency_id": [1, "no currency"]},
        {"state": "cancel"},
        {"name": False, "uuid": False},
    ],
)
def test_an_order_of_odd_shape_does_not_stop_the_next(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    odoo = shop()
    odoo.add(1, **change)
    odoo.add(2)
    with pulling(tmp_path, odoo) as pulled:
        pulled.puller.step()
        assert "Shop/0002" in pulled.sink.numbers
        assert len(pulled.sink.stored) + len(pulled.aside.kept) == 2


@pytest.mark.parametrize("product", [["x", "y"], [True], {}, 3, "7"])
def test_a_line_of_odd_shape_does_not_stop_the_next_order(tmp_path: Path, product: object) -> None:
    odoo = shop()
    odoo.add(1)
    odoo.add(2)
    odoo.tables["pos.order.line"][0]["product_id"] = product
    with pulling(tmp_path, odoo) as pulled:
        pulled.puller.step()
        assert "Shop/0002" in pulled.sink.numbers
        assert len(pulled.sink.stored) + len(pulled.aside.kept) == 2


def test_what_cannot_be_set_aside_stops_the_watermark(tmp_path: Path) -> None:
    odoo = shop()
    odoo.add(1, amount_total=12.345)
    with pulling(tmp_path, odoo) as pulled:
        pulled.aside.refuse_with = DiskUnusable("full")
        with pytest.raises(DiskUnusable):
            pulled.puller.step()
    assert not (tmp_path / "odoo.json").exists()


def test_a_user_who_may_not_see_customers_still_reads_sales(tmp_path: Path) -> None:
    odoo = shop()
    odoo.add(1)
    odoo.denied.add("res.partner")
    with pulling(tmp_path, odoo) as pulled:
        pulled.puller.step()
        assert pulled.only().loyalty == []


def test_an_old_odoo_without_uuid_is_read_by_its_names(tmp_path: Path) -> None:
    odoo = shop()
    del odoo.add(1)["uuid"]
    with pulling(tmp_path, odoo) as pulled:
        pulled.puller.step()
        assert pulled.only().natural_key == "sh-0001/sh-0001/1/2025-11-07/Shop%2F0001"


def test_a_wrong_key_is_a_matter_for_a_person_and_never_quoted(tmp_path: Path) -> None:
    with (
        pulling(tmp_path, shop(), key="wrong-key") as pulled,
        pytest.raises(OdooRefused) as caught,
    ):
        pulled.puller.step()
    assert "wrong-key" not in str(caught.value)


@pytest.mark.parametrize(
    "fault",
    [
        b"<html><body>502 Bad Gateway 13800138000</body></html>",
        b"",
        b"[]",
        b'{"jsonrpc": "2.0", "id": 99, "result": []}',
        b'{"jsonrpc": "2.0", "id": 1, "result": ' + b"[" * 100_000,
        b" " * 300_000,
        "odoo.exceptions.UserError",
        "psycopg2.OperationalError",
        "13800138000",
    ],
)
def test_an_odoo_in_trouble_is_asked_again_and_not_quoted(
    tmp_path: Path, fault: bytes | str
) -> None:
    odoo = shop()
    odoo.add(1)
    odoo.fault = lambda: fault
    with pulling(tmp_path, odoo, most_answer_bytes=200_000) as pulled:
        with pytest.raises(OdooUnavailable) as caught:
            pulled.puller.step()
        assert "13800138000" not in str(caught.value)
        odoo.fault = lambda: None
        pulled.puller.step()
        assert len(pulled.sink.stored) == 1


def test_rights_that_were_taken_away_are_said(tmp_path: Path) -> None:
    odoo = shop()
    odoo.denied.add("pos.order")
    with pulling(tmp_path, odoo) as pulled, pytest.raises(OdooRefused, match="AccessError"):
        pulled.puller.step()


def test_an_odoo_that_falls_silent_is_left_in_time(tmp_path: Path) -> None:
    odoo = shop()
    odoo.delay_s = 0.5
    with (
        pulling(tmp_path, odoo, timeout_s=0.2) as pulled,
        pytest.raises(OdooUnavailable, match="silent"),
    ):
        pulled.puller.step()


def test_the_thread_goes_on_after_trouble_and_ends_when_told(tmp_path: Path) -> None:
    odoo, tries, seen = shop(), iter(range(3)), threading.Event()
    odoo.add(1)

    def fault() -> bytes | None:
        if next(tries, None) is None:
            seen.set()
            return None
        return b"<html>"

    odoo.fault = fault
    with pulling(tmp_path, odoo) as pulled:
        pulled.puller.start()
        assert seen.wait(30)
        deadline = threading.Event()
        for _ in range(200):
            if pulled.puller.status.passes:
                break
            deadline.wait(0.05)
        pulled.puller.stop()
        assert pulled.puller.status.sales == 1
        assert pulled.puller.status.blocked == ""


@pytest.mark.parametrize(
    "url",
    ["http://shop.example.com", "ftp://x", "https://user:pw@shop.example.com", "https://x/path"],
)
def test_the_key_never_travels_where_others_can_read_it(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValueError, match="url must"):
        OdooSettings(url, "db", "login", tmp_path / "key")


def test_an_order_of_infinite_money_costs_itself_alone(tmp_path: Path) -> None:
    """Odoo's JSON writes ``NaN`` and ``Infinity``, which are none."""
    odoo = shop()
    odoo.add(1, amount_total=float("nan"))
    odoo.add(2, amount_tax=float("inf"))
    odoo.add(3)
    with pulling(tmp_path, odoo) as pulled:
        pulled.puller.step()
    assert "Shop/0003" in pulled.sink.numbers
    assert "Shop/0001" not in pulled.sink.numbers
    assert pulled.aside.kept

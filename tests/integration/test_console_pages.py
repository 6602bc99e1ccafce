"""What the console shows: today's figures, devices, dead letters, members; in two languages."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cloud.console.painter import Painter
from cloud.devices import DeviceState
from cloud.sales import Standing
from models.shown.words import Language
from models.wire.ack import Reason
from models.wire.birth import Birth, State
from models.wire.codec import Codec
from models.wire.events.device import Heartbeat, StreamDepth
from models.wire.events.sale import Kind, Status
from models.wire.ids import DeviceId, DevicePath, StoreId, TenantId
from tests.simulators.back_office import STORE, TENANT
from tests.simulators.clocks import HandClock
from tests.simulators.console_visitor import PASSWORD, ConsoleVisitor
from tests.simulators.facts import EPOCH, SHANGHAI, SHOP, a_sale, stamped
from tests.simulators.whole_cloud import WholeCloud

PHONE = "+8613787655678"
DIGITS = "13787655678"
DAY = "2026-11-22"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[WholeCloud]:
    with WholeCloud(tmp_path) as made:
        made.door.prepare({"LIANKE_CONSOLE_PASSWORD": PASSWORD})
        yield made


@pytest.fixture
def visitor(cloud: WholeCloud) -> Iterator[ConsoleVisitor]:
    with cloud.served() as url, ConsoleVisitor(url) as made:
        made.sign_in()
        yield made


def test_console_without_a_store_says_what_to_do(visitor: ConsoleVisitor) -> None:
    assert "lianke-cloud enrol" in visitor.open("/console/today").text
    assert "lianke-cloud enrol" in visitor.open("/console/devices").text


def test_day_without_sales_is_shown_as_such(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    cloud.open_store()
    page = visitor.open("/console/today")
    assert f'value="{DAY}"' in page.text  # noon in Shanghai by the office's clock
    assert (visitor.figure("sales"), visitor.figure("net")) == ("0", "¥0.00")
    assert "Nothing has been sold" in page.text


def test_figures_of_the_day_agree_with_its_sales(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    cloud.open_store()
    cloud.sell(
        a_sale(1, total_minor=1000, phone=PHONE),
        a_sale(2, total_minor=2010),
        a_sale(3, total_minor=777, status=Status.TRAINING),
        a_sale(4, kind=Kind.CONTROL),
    )
    page = visitor.open("/console/today")
    assert visitor.figure("sales") == "2"
    assert visitor.figure("net") == "¥30.10"
    assert visitor.figure("basket") == "¥15.05"
    assert visitor.figure("members") == "1"
    assert "50 % of these sales" in page.text
    assert len(re.findall(r"<tr [^>]*data-key=", page.text)) == 3
    assert '<span class="badge">Training</span>' in page.text
    assert "12:00–12:59: 2 sales" in page.text


def test_chart_has_a_table_beside_it(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    cloud.open_store()
    at = datetime(2026, 11, 22, 9, 30, tzinfo=SHANGHAI)
    cloud.sell(a_sale(1, end_at=at), a_sale(2))
    page = visitor.open("/console/today").text
    assert page.count('class="bar-box"') == 4  # 09 to 12, the quiet hours too
    assert 'role="img"' in page
    assert 'aria-describedby="hours-table"' in page
    table = page[page.index('id="hours-table"') :]
    assert re.search(r"09:00–09:59</th><td[^>]*>1<", table)
    assert re.search(r"10:00–10:59</th><td[^>]*>0<", table)


def test_store_and_day_can_be_chosen_and_the_store_is_remembered(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    cloud.open_store()
    cloud.open_store("sh-0002", name="静安寺店")
    second = DevicePath(TENANT, StoreId("sh-0002"), DeviceId("sh-0002-pos1"))
    before = datetime(2026, 11, 21, 12, 0, tzinfo=SHANGHAI)
    cloud.sell(
        a_sale(1, store="sh-0002", day=before.date(), end_at=before, total_minor=500),
        device=second,
    )
    visitor.open("/console/today")
    assert (visitor.figure("sales"), "人民广场店</h1>" in visitor.page.text) == ("0", True)
    visitor.open("/console/today", store="demo/sh-0002", day="")
    assert (visitor.figure("net"), "静安寺店</h1>" in visitor.page.text) == ("¥5.00", True)
    visitor.open("/console/today", store="demo/sh-0002", day=DAY)
    assert visitor.figure("sales") == "0"
    visitor.open("/console/today")
    assert "静安寺店</h1>" in visitor.page.text
    visitor.open("/console/today", store="demo/closed-long-ago")
    assert "人民广场店</h1>" in visitor.page.text


def test_changing_the_language_keeps_the_day_in_view(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    cloud.open_store()
    visitor.open("/console/today", store="demo/sh-0001", day="2026-11-20")
    found = re.search(r'name="back" value="([^"]*)"', visitor.page.text)
    assert found is not None
    page = visitor.send("/console/language", language="zh", back=html.unescape(found[1]))
    assert 'value="2026-11-20"' in page.text


def test_day_that_has_not_come_is_not_shown_unasked(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    cloud.open_store()
    wrong = datetime(2062, 1, 1, 12, 0, tzinfo=SHANGHAI)
    cloud.sell(a_sale(1, day=wrong.date(), end_at=wrong), a_sale(2, day=wrong.date()))
    assert f'value="{DAY}"' in visitor.open("/console/today").text
    for day in ("2062-01-01", "0001-01-01", "9999-12-31"):
        assert visitor.open("/console/today", day=day).status_code == 200


def test_text_from_a_till_cannot_become_markup(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    cloud.open_store(name="<script>alert(1)</script>")
    sale = a_sale(1, workstation='"><img src=x>')
    cloud.sell(sale)
    page = visitor.open("/console/today").text
    assert "<img src=x" not in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_live_part_is_the_same_as_in_the_page(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    cloud.open_store()
    cloud.enrol()
    cloud.sell(a_sale(1))
    for page, address in (
        ("/console/today", f"/console/today/live?store=demo/{STORE}&day={DAY}"),
        ("/console/devices", "/console/devices/live"),
    ):
        whole = visitor.open(page).text
        part = visitor.http.get(address, headers={"X-Lianke-Live": "1"})
        assert part.status_code == 200
        assert part.text.strip() in whole
        assert "<html" not in part.text


def devices(cloud: WholeCloud) -> None:
    """One device in every state."""
    cloud.open_store()
    now = cloud.clock.now()
    for name in ("new", "online", "silent", "offline"):
        path = DevicePath(TENANT, STORE, DeviceId(f"sh-0001-{name}"))
        cloud.enrol(path)
        if name == "new":
            continue
        at = now - timedelta(minutes=10 if name == "silent" else 0)
        cloud.registry.born(path, born(), at)
        if name == "offline":
            gone = State(online=False, bootid="boot", birth="b", at="")
            cloud.registry.state_changed(path, gone, now)
        if name == "online":
            depths = [StreamDepth(stream="sale", pending=12, oldest_age_s=95)]
            cloud.beat(Heartbeat(uptime_s=1, streams=depths, quarantined=2), path)


def born() -> Birth:
    return Birth(birth="b", bootid="boot", agent_version="0.1.0", started_at="", epochs=[])


def row_of(page: str, device: str) -> str:
    found = re.search(rf'<tr [^>]*data-key="{device}">(.*?)</tr>', page, re.DOTALL)
    assert found is not None
    return re.sub(r"<[^>]+>", " ", found[1])


def test_devices_page_says_who_is_there_and_who_owes_what(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    devices(cloud)
    page = visitor.open("/console/devices").text
    assert "Not heard of yet" in row_of(page, "sh-0001-new")
    assert "Silent" in row_of(page, "sh-0001-silent")
    assert "Offline" in row_of(page, "sh-0001-offline")
    online = row_of(page, "sh-0001-online")
    for said in ("Online", "0.1.0", "0 s ago", "1 min 35 s", "12", "2 in quarantine", "Till"):
        assert said in online, said
    cloud.hand.move(30)
    assert "2 min 5 s" in row_of(visitor.open("/console/devices").text, "sh-0001-online")


def test_devices_page_says_whose_clock_to_set(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    devices(cloud)
    online = DevicePath(TENANT, STORE, DeviceId("sh-0001-online"))
    cloud.clock_is_off(3.26, online)
    row = row_of(visitor.open("/console/devices").text, online.device)
    assert "clock +3.3 s" in row
    assert "set the clock" not in row
    cloud.clock_is_off(-3600, online)
    row = row_of(visitor.open("/console/devices").text, online.device)
    assert "clock \N{MINUS SIGN}3,600.0 s" in row
    assert "set the clock" in row


def test_devices_page_speaks_chinese(cloud: WholeCloud) -> None:
    devices(cloud)
    with cloud.served() as url, ConsoleVisitor(url, "zh-CN") as visitor:
        visitor.sign_in()
        page = visitor.open("/console/devices").text
    for said in ("在线", "失联", "离线", "尚未连接", "1 分 35 秒", "收银机"):
        assert said in page, said


def test_dead_letters_are_listed_and_stay_closed(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    assert "No dead letters" in visitor.open("/console/dead-letters").text
    invented = stamped(a_sale(1, phone=PHONE), 1).replace(b"sale.recorded", b"sale.invented")
    cloud.arrive(Codec().encode(EPOCH, "sale", 1, [invented]))
    page = visitor.open("/console/dead-letters").text
    assert "Unknown type" in page
    assert SHOP.device in page
    assert DIGITS not in page


def test_member_is_found_without_a_number_in_any_address(
    cloud: WholeCloud, visitor: ConsoleVisitor, capfd: pytest.CaptureFixture[str]
) -> None:
    cloud.open_store()
    cloud.sell(a_sale(1, phone=PHONE, family_name="王"))
    visitor.open("/console/members")
    page = visitor.send("/console/members", by="phone", number="137-8765-5678")
    assert re.fullmatch(r"/console/members/[0-9a-f-]{36}", visitor.at)
    assert "王*" in page.text
    assert "+86 137****5678" in page.text
    assert DIGITS not in page.text
    assert "phone number attached" in page.text
    assert DIGITS not in "".join(str(each.url) for each in page.history)
    assert DIGITS not in "".join(capfd.readouterr())


def test_days_on_a_card_are_the_shop_s_days(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    cloud.open_store()
    early = datetime(2026, 11, 22, 0, 30, tzinfo=SHANGHAI)  # the day before by UTC
    cloud.sell(a_sale(1, phone=PHONE, end_at=early))
    visitor.open("/console/members")
    page = visitor.send("/console/members", by="phone", number=PHONE).text
    assert "Last visit</dt><dd>2026-11-22<" in page


def test_several_holders_are_listed_and_nobody_is_said_so(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    cloud.open_store()
    cloud.open_store("bj-0001", tenant="other")
    elsewhere = DevicePath(TenantId("other"), StoreId("bj-0001"), DeviceId("bj-0001-pos1"))
    cloud.sell(a_sale(1, card="1234567890123"))
    cloud.sell(a_sale(1, card="1234567890123", store="bj-0001"), device=elsewhere)
    visitor.open("/console/members")
    page = visitor.send("/console/members", by="card", number="1234567890123").text
    assert "2 members hold it" in page
    addresses = re.findall(r'href="(/console/members/[0-9a-f-]{36})"', page)
    assert [visitor.open(address).status_code for address in addresses] == [200, 200]
    visitor.open("/console/members")
    assert "Nobody is known" in visitor.send("/console/members", by="code", number="none").text


def test_looking_at_members_is_in_the_audit(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    cloud.open_store()
    cloud.sell(a_sale(1, phone=PHONE))
    visitor.open("/console/members")
    visitor.send("/console/members", by="phone", number=PHONE)
    one_id = visitor.at.rpartition("/")[2]
    deeds = [
        (entry.actor, entry.action, entry.subject) for entry in cloud.audit.latest(cloud.engine, 2)
    ]
    assert deeds == [
        ("console", "member_read", f"member:{one_id}"),
        ("console", "member_searched", "members"),
    ]


def test_unknown_member_is_a_page_that_says_so(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    cloud.open_store()
    page = visitor.open("/console/members/00000000-0000-4000-8000-000000000000")
    assert (page.status_code, "nothing here" in page.text) == (404, True)


def test_both_languages_say_the_same_things() -> None:
    painter = Painter.load(HandClock())
    chinese, english = (painter.words(language) for language in Language)
    assert chinese.keys == english.keys
    for vocabulary, words in (("state", DeviceState), ("standing", Standing), ("reason", Reason)):
        for word in words:
            assert f"{vocabulary}.{word.value}" in english.keys, word

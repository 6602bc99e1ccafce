"""The console's alarms: what stands, in both languages; the count in the head; "I know of it"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.access.audit import Action
from cloud.ingest.alarms import AlarmKind, AlarmState, Wanted, read_vocabulary
from cloud.ingest.alarms.deciding import Facts, Place, Sign, Trouble
from models.wire.ids import DeviceId, DevicePath, StoreId
from tests.simulators.back_office import TENANT
from tests.simulators.console_visitor import PASSWORD, ConsoleVisitor
from tests.simulators.facts import SHOP
from tests.simulators.whole_cloud import WholeCloud

OTHER = DevicePath(TENANT, StoreId("sh-0002"), DeviceId("sh-0002-pos1"))
OWING: Facts = {"owed": 12, "streams": "sale 12"}
SILENT = AlarmKind.DEVICE_SILENT


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[WholeCloud]:
    with WholeCloud(tmp_path) as made:
        made.door.prepare({"LIANKE_CONSOLE_PASSWORD": PASSWORD})
        made.open_store()
        made.open_store("sh-0002", name="静安寺店")
        made.enrol()
        yield made


@pytest.fixture
def url(cloud: WholeCloud) -> Iterator[str]:
    with cloud.served() as made:
        yield made


@pytest.fixture
def visitor(url: str) -> Iterator[ConsoleVisitor]:
    with ConsoleVisitor(url) as made:
        made.sign_in()
        yield made


def raise_some(cloud: WholeCloud) -> None:
    silent = [Trouble(each.device, Place.of(each), OWING) for each in (SHOP, OTHER)]
    letters = Trouble(SHOP.device, Place.of(SHOP), {"letters": 1, "reason": "malformed"}, 1)
    stopped = Trouble(facts={"parts": "0-31"})
    cloud.alarms.look(
        [
            Sign(SILENT, silent),
            Sign(AlarmKind.DEAD_LETTERS, [letters]),
            Sign(AlarmKind.INGEST_STOPPED, [stopped]),
        ]
    )


def counted(visitor: ConsoleVisitor) -> tuple[int, bool]:
    """The number in the head, and whether it is seen."""
    found = re.search(r"data-alarms( hidden)?>(\d+)<", visitor.page.text)
    assert found
    return int(found[2]), found[1] is None


def test_without_alarms_the_page_says_so_and_the_head_counts_none(visitor: ConsoleVisitor) -> None:
    assert "Nothing needs anybody" in visitor.open("/console/alarms").text
    assert counted(visitor) == (0, False)


def test_alarms_are_shown_with_what_to_do_the_gravest_first(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    raise_some(cloud)
    page = visitor.open("/console/alarms").text
    first, *rest = (entry.en.what for entry in read_vocabulary().values() if entry.en.what in page)
    assert first == read_vocabulary()[AlarmKind.INGEST_STOPPED].en.what
    assert all(page.index(first) < page.index(other) for other in rest)
    assert "holds the parts 0-31." in page
    assert "Start lianke-cloud ingest" in page
    assert "It owed 12 events (Sales 12)" in page
    assert counted(visitor) == (4, True)
    assert counted_header(visitor) == "4"


def counted_header(visitor: ConsoleVisitor) -> str:
    return visitor.page.headers["X-Lianke-Alarms"]


def test_alarms_speak_chinese_too(cloud: WholeCloud, url: str) -> None:
    raise_some(cloud)
    with ConsoleVisitor(url, "zh-CN") as visitor:
        visitor.sign_in()
        page = visitor.open("/console/alarms").text
    assert "部分门店的数据没有入库" in page
    assert "最近一条原因为 格式错误" in page or "最近一条原因为" in page
    assert "还欠 12 条（销售 12）" in page


def test_a_store_or_a_device_can_be_looked_at_alone(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    raise_some(cloud)
    page = visitor.open("/console/alarms", store="demo/sh-0002").text
    assert ("sh-0002-pos1" in page, "sh-0001-pos1" in page, "0-31" in page) == (True, False, False)
    page = visitor.open("/console/alarms", device=SHOP.device).text
    assert page.count('class="panel alarm') == 2
    assert f"Only {SHOP.device}." in page
    live = visitor.open("/console/alarms/live", device=SHOP.device)
    assert live.text.count('class="panel alarm') == 2
    assert "<html" not in live.text


def test_who_says_that_they_know_is_audited_and_led_back(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    raise_some(cloud)
    (alarm,) = cloud.alarms.listed(Wanted(kind=AlarmKind.DEAD_LETTERS))
    visitor.open("/console/alarms", store="demo/sh-0001")
    back = "/console/alarms?store=demo%2Fsh-0001&show=open"
    visitor.send(f"/console/alarms/{alarm.id}/acknowledge", back=back)
    assert (visitor.at, "dead letters" in visitor.page.text) == ("/console/alarms", False)
    assert counted(visitor) == (3, True)
    assert cloud.alarms.find(alarm.id).state is AlarmState.OVER
    entry = cloud.audit.latest(cloud.engine)[0]
    assert (entry.action, entry.subject) == (Action.ALARM_ACKNOWLEDGED, f"alarm:{alarm.id}")
    assert "dead letters" in visitor.open("/console/alarms", show="all").text


def test_a_form_without_our_token_acknowledges_nothing(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    raise_some(cloud)
    alarm = cloud.alarms.listed()[0]
    assert visitor.send_raw(f"/console/alarms/{alarm.id}/acknowledge", {}).status_code == 403
    assert cloud.alarms.find(alarm.id).state is AlarmState.STANDING


def test_an_alarm_that_is_not_there_is_a_page_that_is_not_there(visitor: ConsoleVisitor) -> None:
    visitor.open("/console/alarms")
    assert visitor.send("/console/alarms/77/acknowledge").status_code == 404


def test_strangers_see_no_alarms(url: str) -> None:
    with ConsoleVisitor(url) as stranger:
        assert stranger.open("/console/alarms").url.path == "/console/sign-in"
        assert "data-alarms" not in stranger.page.text
        assert "X-Lianke-Alarms" not in stranger.page.headers


def test_the_devices_page_leads_to_a_devices_alarms(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    raise_some(cloud)
    page = visitor.open("/console/devices").text
    assert f'href="/console/alarms?device={SHOP.device}"' in page
    assert "Alarms: 2" in page

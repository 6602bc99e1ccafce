"""Footfall on the console: visitors beside sales, conversion, and what nobody watched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from cloud.console.painter import Painter
from cloud.devices import CameraHealth, CameraTrouble
from models.shown.words import Language
from models.wire.birth import Birth
from models.wire.events.device import CameraState, Heartbeat
from models.wire.events.footfall import GapReason, MarkKind
from models.wire.ids import DeviceId, DevicePath
from tests.simulators.back_office import STORE, TENANT
from tests.simulators.clocks import HandClock
from tests.simulators.console_visitor import PASSWORD, ConsoleVisitor
from tests.simulators.facts import SHANGHAI, a_minute, a_sale, an_unwatched_minute
from tests.simulators.whole_cloud import WholeCloud

CAMERA_BOX = DevicePath(TENANT, STORE, DeviceId("sh-0001-cam1"))
NINE = datetime(2026, 11, 22, 9, 0, tzinfo=SHANGHAI)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[WholeCloud]:
    with WholeCloud(tmp_path) as made:
        made.door.prepare({"LIANKE_CONSOLE_PASSWORD": PASSWORD})
        made.open_store()
        yield made


@pytest.fixture
def visitor(cloud: WholeCloud) -> Iterator[ConsoleVisitor]:
    with cloud.served() as url, ConsoleVisitor(url) as made:
        made.sign_in()
        yield made


def watch(cloud: WholeCloud, begin_at: datetime, minutes: int, ingress: int = 0) -> None:
    """So many watched minutes; somebody comes in in the first ``ingress`` of them."""
    counted = [a_minute(begin_at + n * MINUTE, ingress=int(n < ingress)) for n in range(minutes)]
    cloud.count(*counted, device=CAMERA_BOX)


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def hour_of(page: str, label: str) -> str:
    """A row of the table beside the chart, in words."""
    table = page[page.index('id="hours-table"') :]
    found = re.search(rf"<tr><th scope=\"row\">{label}:00.*?</tr>", table, re.DOTALL)
    assert found is not None, label
    return text_of(found[0]).strip()


def test_store_without_a_camera_sees_the_page_as_it_was(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    cloud.sell(a_sale(1))
    page = visitor.open("/console/today").text
    for said in ("Visitors", "Conversion", "Watched", "unwatched", "By camera", "with-doors"):
        assert said not in page, said
    assert "Sales by hour" in page


def test_visitors_stand_beside_sales_and_conversion_beside_its_counts(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    watch(cloud, NINE, 60, 20)
    cloud.count(an_unwatched_minute(NINE + 60 * MINUTE), device=CAMERA_BOX)
    watch(cloud, NINE + 120 * MINUTE, 58, 4)
    for n, at in enumerate((NINE, NINE + MINUTE, NINE + 90 * MINUTE, NINE + 120 * MINUTE), 1):
        cloud.sell(a_sale(n, end_at=at))
    page = visitor.open("/console/today").text
    assert (visitor.figure("visitors"), visitor.figure("conversion")) == ("24", "12 %")
    assert "3 sales, 24 visitors" in page
    assert "1 h 4 min of 2 h 4 min watched" in page
    assert "at least" in page
    assert hour_of(page, "09") == "09:00–09:59 20 0 60 of 60 min 2 10 % 2 of 20 0 ¥25.00"
    assert hour_of(page, "10") == "10:00–10:59 not counted 0 of 60 min 1 – 0 ¥12.50"
    assert hour_of(page, "11") == "11:00–11:59 4 0 58 of 58 min 1 25 % 1 of 4 0 ¥12.50"
    assert page.count('class="veil"') == 1
    assert "10:00–10:59: visitors not counted, 1 sales" in page
    assert "No picture" in text_of(page[page.index('id="cameras-details"') :])


def test_hour_watched_in_part_says_at_least(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    watch(cloud, NINE, 30, 7)
    page = visitor.open("/console/today").text
    assert hour_of(page, "09").startswith("09:00–09:59 ≥ 7 ≥ 0 30 of 60 min")
    assert "at least 7 visitors (30 of 60 min watched)" in page


def test_small_conversion_keeps_a_digit_and_none_is_a_dash(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    cloud.count(a_minute(NINE, ingress=80), device=CAMERA_BOX)
    cloud.sell(a_sale(1, end_at=NINE))
    visitor.open("/console/today")
    assert visitor.figure("conversion") == "1.2 %"
    visitor.open("/console/today", day="2026-11-23")
    assert (visitor.figure("visitors"), visitor.figure("conversion")) == ("–", "–")
    assert "not counted" in visitor.page.text


def test_camera_that_never_watched_is_not_counted_rather_than_zero(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    cloud.count(an_unwatched_minute(NINE, GapReason.REFUSED), device=CAMERA_BOX)
    cloud.sell(a_sale(1, end_at=NINE))
    page = visitor.open("/console/today").text
    assert visitor.figure("visitors") == "–"
    assert "not counted" in hour_of(page, "09")
    assert "Cannot be used" in page


def test_reports_that_make_no_sense_are_said_to_be_there(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    broken = msgspec.structs.replace(a_minute(NINE, ingress=5), observed_ms=-1)
    cloud.count(broken, a_minute(NINE, ingress=2), device=CAMERA_BOX)
    page = visitor.open("/console/today").text
    assert visitor.figure("visitors") == "2"
    assert "1 reports made no sense" in page


def test_names_from_a_camera_cannot_become_markup(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    cloud.enrol(CAMERA_BOX)
    evil = "<img src=x>"
    cloud.count(a_minute(NINE, ingress=1, camera=evil, line=evil), device=CAMERA_BOX)
    cloud.beat(
        _with_cameras(CameraState(name=evil, state=evil, since_s=1, sampled_fps=0)), CAMERA_BOX
    )
    for address in ("/console/today", "/console/devices"):
        page = visitor.open(address).text
        assert evil not in page
        assert "&lt;img" in page


def test_live_part_with_doors_is_the_same_as_in_the_page(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    watch(cloud, NINE, 10, 3)
    whole = visitor.open("/console/today").text
    address = f"/console/today/live?store=demo/{STORE}&day=2026-11-22"
    part = visitor.http.get(address, headers={"X-Lianke-Live": "1"})
    assert part.text.strip() in whole


def test_page_of_the_doors_speaks_chinese(cloud: WholeCloud) -> None:
    watch(cloud, NINE, 30, 10)
    cloud.sell(a_sale(1, end_at=NINE))
    with cloud.served() as url, ConsoleVisitor(url, "zh-CN") as visitor:
        visitor.sign_in()
        page = visitor.open("/console/today").text
    for said in ("进店人数", "转化率", "销售 1 笔，进店 10 人", "30 / 60 分钟", "按摄像机查看"):
        assert said in page, said


def _born() -> Birth:
    return Birth(birth="b", bootid="boot", agent_version="0.1.0", started_at="", epochs=[])


def _with_cameras(*cameras: CameraState) -> Heartbeat:
    return Heartbeat(uptime_s=1, streams=[], cameras=list(cameras))


def test_devices_page_says_how_cameras_are(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    cloud.enrol()
    cloud.beat(Heartbeat(uptime_s=1, streams=[]))
    assert "Cameras" not in visitor.open("/console/devices").text
    cloud.enrol(CAMERA_BOX)
    cloud.registry.born(CAMERA_BOX, _born(), cloud.clock.now())
    cloud.beat(
        _with_cameras(
            CameraState(name="yard", state="lost", since_s=90, sampled_fps=0),
            CameraState(name="door", state="watching", since_s=3600, sampled_fps=4.93),
            CameraState(name="roof", state="dancing", since_s=1, sampled_fps=1),
        ),
        CAMERA_BOX,
    )
    cloud.hand.move(30)
    page = text_of(visitor.open("/console/devices").text)
    assert "door: Watching 4.9 pictures/s roof: Unknown for 31 s" in page
    assert "yard: No picture for 2 min" in page


def test_devices_page_says_what_to_do_about_a_camera_that_is_not_to_be_trusted(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    cloud.enrol(CAMERA_BOX)
    cloud.registry.born(CAMERA_BOX, _born(), cloud.clock.now())
    cloud.beat(
        _with_cameras(
            CameraState(
                name="door",
                state="watching",
                since_s=3600,
                sampled_fps=5,
                troubles=["dark", "blocked"],
                troubled_s=90,
            ),
            CameraState(
                name="roof", state="watching", since_s=1, sampled_fps=5, troubles=["upside_down"]
            ),
            CameraState(name="yard", state="lost", since_s=1, sampled_fps=0, troubles=["moved"]),
        ),
        CAMERA_BOX,
    )
    cloud.hand.move(30)
    page = text_of(visitor.open("/console/devices").text)
    assert "Cameras to look after 2" in page
    assert "door: Lens covered, Too dark for 2 min Take away what hangs" in page
    assert "roof: Not to be trusted Look at its picture" in page
    assert "yard: No picture" in page
    assert "Camera moved" not in page
    cloud.hand.move(600)
    assert "Cameras to look after" not in visitor.open("/console/devices").text


def test_cameras_of_a_silent_box_are_unknown(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    cloud.enrol(CAMERA_BOX)
    cloud.registry.born(CAMERA_BOX, _born(), cloud.clock.now())
    watching = CameraState(name="door", state="watching", since_s=3600, sampled_fps=5)
    cloud.beat(_with_cameras(watching), CAMERA_BOX)
    cloud.hand.move(600)
    page = text_of(visitor.open("/console/devices").text)
    assert "door: Unknown for 10 min" in page


def test_both_languages_have_words_for_every_camera_and_gap() -> None:
    painter = Painter.load(HandClock())
    for language in Language:
        keys = painter.words(language).keys
        assert {f"camera.{state.value}" for state in CameraHealth} <= keys
        assert {f"gap.{reason.value}" for reason in GapReason} <= keys
        assert {f"mark.{trouble.value}" for trouble in CameraTrouble} <= keys
        assert {f"mark_next.{trouble.value}" for trouble in CameraTrouble} <= keys
    assert {kind.value for kind in MarkKind} < {trouble.value for trouble in CameraTrouble}

"""The footfall page: who came, walked past, is inside, waits; and how far to trust it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cloud.console.painter import Painter
from models.shown.words import Language
from models.wire.events.footfall import LineKind, LineTally, MarkKind, ZoneKind
from tests.simulators.clocks import HandClock
from tests.simulators.console_visitor import PASSWORD, ConsoleVisitor
from tests.simulators.crowded_day import AUDIT, OPENS, a_crowded_day
from tests.simulators.facts import SHANGHAI, a_crowded_minute, a_minute, a_sale, an_audit
from tests.simulators.whole_cloud import WholeCloud

PAGE = "/console/footfall"
DAY = "2026-11-22"


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


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).strip()


def section(page: str, heading: str) -> str:
    """What stands in the panel with this heading, in words."""
    begin = page.index(f'aria-labelledby="{heading}"')
    return text_of(page[begin : page.index("</section>", begin)])


def door(ingress: int, egress: int = 0, staff: int = 0) -> LineTally:
    return LineTally(
        line="doorstep",
        ingress=ingress,
        egress=egress,
        staff_ingress=staff,
        groups_in=min(1, ingress - staff),
    )


def street(ingress: int) -> LineTally:
    return LineTally(line="street", kind=LineKind.PASSING, ingress=ingress, egress=0)


def a_day_later(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    assert isinstance(cloud.clock, HandClock)
    cloud.clock.move(86_400)
    visitor.sign_in()


def open_day(visitor: ConsoleVisitor) -> str:
    return visitor.open(PAGE, store="demo/sh-0001", day=DAY).text


def test_store_without_a_camera_is_told_so(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    cloud.sell(a_sale(1))
    assert "No camera has told anything of this store lately" in open_day(visitor)


def test_visitors_stand_beside_heads_and_capture_rate_beside_its_counts(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    cloud.count(a_crowded_minute(OPENS, lines=[door(5, 1, staff=1), street(16)]))
    page = open_day(visitor)
    assert visitor.figure("visitors") == "4"
    assert visitor.figure("capture") == "20 %"
    assert visitor.figure("groups") == "1"
    said = text_of(page)
    assert "5 heads came in: 1 staff, 0 came back" in said
    assert "4 came in, 16 walked past, in 1 min of watching both" in said
    assert "09:00 5 1 4 1 0 1 16 20 % 1 of 60 min" in section(page, "hours-heading")


def test_what_an_old_agent_told_is_shown_as_heads_and_nothing_is_invented(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    cloud.count(a_minute(OPENS, ingress=3))
    page = open_day(visitor)
    assert visitor.figure("visitors") == "–"
    assert visitor.figure("groups") == "–"
    assert "3 heads came in; who of them was a visitor is not known" in text_of(page)
    assert "Passers-by by hour" not in page
    assert "doorstep Entrance 3 0 – – –" in section(page, "cameras-heading")


def test_curve_shows_a_day_and_the_drift_that_is_left(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    cloud.count(a_crowded_minute(OPENS, lines=[door(40)]))
    cloud.count(a_crowded_minute(OPENS + timedelta(hours=1), lines=[door(0, 30)]))
    open_day(visitor)
    assert visitor.figure("inside") == "10"
    a_day_later(cloud, visitor)
    page = open_day(visitor)
    assert visitor.figure("drift") == "+10"
    inside = section(page, "inside-heading")
    assert "Left inside when the day was over: +10 of 40 who came in (25 %)" in inside
    assert "More than 5 %" in inside
    assert "09:15 40 09:30 not counted" in inside
    assert len(re.findall("<polyline", page)) == 2  # nothing is drawn where nobody watched


def test_whole_day_has_zones_heat_cameras_and_marks(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    cloud.check(an_audit(AUDIT))
    cloud.count(*a_crowded_day(hours=2))
    page = open_day(visitor)
    zones = section(page, "zones-heading")
    assert "shelf Zone door" in zones
    assert "till Queue till" in zones
    assert zones.index("shelf") < zones.index("till Queue")
    assert visitor.figure("doubtful") == "1 h"
    cameras = section(page, "cameras-heading")
    assert "Too dark 1 h" in cameras
    assert "The last audit holds for these counts" in cameras
    assert "Found 98 %" in cameras
    assert visitor.figure("checked") == "door: 98 % of crossings found"
    assert "Never audited" in cameras
    assert page.count("fill-opacity") > 50
    heat = page[page.index('id="heat-table-1"') :]
    assert heat[: heat.index("</table>")].count("<tr>") == 7


def test_an_audit_that_no_longer_holds_says_so(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    cloud.check(an_audit(AUDIT))
    cloud.count(a_crowded_minute(OPENS, lines=[door(1)], audit="b" * 32))
    assert "Changed since the last audit" in section(open_day(visitor), "cameras-heading")
    assert visitor.figure("checked") == "door: accuracy not checked since a change"


def test_counts_of_a_day_before_the_audit_are_not_called_changed(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    yesterday = OPENS - timedelta(days=1)
    cloud.count(a_crowded_minute(yesterday, lines=[door(1)]))
    open_before = {"store": "demo/sh-0001", "day": "2026-11-21"}
    visitor.open(PAGE, **open_before)
    assert visitor.figure("checked") == "door: accuracy not checked yet"
    cloud.check(an_audit(AUDIT))
    page = visitor.open(PAGE, **open_before).text
    assert "Audited later, and counted otherwise on this day" in section(page, "cameras-heading")
    assert visitor.figure("checked") == "door: accuracy not checked on this day"


def test_conversion_per_group_stands_beside_that_per_head(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    sold = a_sale(1)
    cloud.sell(sold)
    begin_at = sold.end_at.replace(second=0, microsecond=0)
    cloud.count(a_crowded_minute(begin_at, lines=[door(4)]))
    visitor.open("/console/today", store="demo/sh-0001", day=DAY)
    assert visitor.figure("conversion") == "25 %"
    assert visitor.figure("per-group") == "100 % per group, 1 groups"
    assert "100 % of groups bought, 25 % of heads" in text_of(open_day(visitor))


def test_names_cannot_become_markup(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    bad = LineTally(line='"><img src=x>', ingress=1, egress=0)
    cloud.count(a_crowded_minute(OPENS, lines=[bad], camera="<script>x", heat=[(1, 1)]))
    page = open_day(visitor)
    for said in ("<img src=x", "<script>x"):
        assert said not in page


def test_live_part_is_the_same_as_in_the_page(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    cloud.count(*a_crowded_day(hours=1))
    page = open_day(visitor)
    live = visitor.open(f"{PAGE}/live", store="demo/sh-0001", day=DAY).text
    assert live.strip() in page


@pytest.mark.parametrize("language", ["en", "zh"])
def test_page_has_one_heading_per_panel_and_no_address_of_others(
    cloud: WholeCloud, language: str
) -> None:
    cloud.check(an_audit(AUDIT))
    cloud.count(*a_crowded_day(hours=1))
    with cloud.served() as url, ConsoleVisitor(url, language) as visitor:
        visitor.sign_in()
        page = open_day(visitor)
    named = re.findall(r'aria-(?:labelledby|describedby)="([^"]+)"', page)
    ids = re.findall(r' id="([^"]+)"', page)
    assert {each for names in named for each in names.split()} <= set(ids)
    assert len(ids) == len(set(ids))
    assert "http://" not in page.replace(url, "")
    assert "https://" not in page


def test_every_word_of_the_wire_stands_in_both_languages() -> None:
    painter = Painter.load(HandClock())
    for language in Language:
        keys = painter.words(language).keys
        for kind in MarkKind:
            assert f"mark.{kind.value}" in keys
        for told in (*LineKind, *(zone for zone in ZoneKind if zone.is_told)):
            assert f"footfall.kind_{told.value}" in keys


def test_an_hour_is_that_of_the_shops_clock(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    late = datetime(2026, 11, 22, 23, 59, tzinfo=SHANGHAI)
    cloud.count(a_crowded_minute(late, lines=[door(2)]))
    a_day_later(cloud, visitor)
    assert "23:00 2 0 2" in section(open_day(visitor), "hours-heading")

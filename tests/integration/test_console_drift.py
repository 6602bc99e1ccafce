"""The drift page: does the counting at the doors add up, night after night."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from models.wire.events.footfall import Mark, MarkKind
from tests.simulators.console_visitor import PASSWORD, ConsoleVisitor
from tests.simulators.crowded_day import OPENS
from tests.simulators.facts import a_minute, a_sale
from tests.simulators.whole_cloud import WholeCloud

PAGE = "/console/footfall/drift"
DAY = {"store": "demo/sh-0001", "day": "2026-11-22"}


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


def a_day(cloud: WholeCloud, back: int, came: int, went: int, *, apart_min: int = 1) -> None:
    """Who came and went so many days ago; with minutes between them nobody watched those."""
    at = OPENS - timedelta(days=back)
    leave = at + timedelta(minutes=apart_min)
    cloud.count(a_minute(at, ingress=came), a_minute(leave, egress=went))


def row_of(page: str, day: str) -> str:
    found = re.search(rf'<tr role="row" data-key="drift-{day}">.*?</tr>', page, re.DOTALL)
    assert found is not None, day
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0])).strip()


def test_store_without_a_camera_is_told_so(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    cloud.sell(a_sale(1))
    page = visitor.open(PAGE, **DAY).text
    assert "No camera has told anything of this store lately" in page


def test_days_are_told_apart_by_what_is_to_be_done(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    a_day(cloud, 0, came=9, went=0)
    a_day(cloud, 1, came=40, went=38)
    a_day(cloud, 2, came=40, went=30)
    a_day(cloud, 3, came=40, went=50, apart_min=17)
    a_day(cloud, 20, came=100, went=94)
    page = visitor.open(PAGE, **DAY).text
    assert row_of(page, "2026-11-22") == "2026-11-22 not over yet"
    assert row_of(page, "2026-11-21") == "2026-11-21 +2 5.0 % nothing 40 –"
    assert "+10 25 % too much Look at the doors&#39; lines" in row_of(page, "2026-11-20")
    assert "\N{MINUS SIGN}10 25 % too much First see why a camera did not" in row_of(
        page, "2026-11-19"
    )
    assert row_of(page, "2026-11-19").endswith("40 16 min")
    assert row_of(page, "2026-11-18") == "2026-11-18 not counted"
    assert (visitor.figure("drift-7"), visitor.figure("drift-28")) == ("+2", "+8")
    assert "Days with too much: 2" in page
    assert "Days with too much: 3" in page
    assert page.count('class="bar-box flagged"') == 3
    assert page.count('text class="count"') == 3  # told without colour, too


def test_half_an_hour_of_a_covered_camera_is_told_before_the_line_is_blamed(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    """Every minute was observed, whole quarters of an hour of them by a camera that saw nothing."""
    at = OPENS - timedelta(days=1)
    minutes = [a_minute(at + timedelta(minutes=n), ingress=2 * (n < 20)) for n in range(60)]
    covered = [Mark(kind=MarkKind.BLOCKED, ms=60_000)]
    minutes[30:] = [msgspec.structs.replace(each, marks=covered) for each in minutes[30:]]
    cloud.count(*minutes, a_minute(at + timedelta(minutes=60), egress=30))
    row = row_of(visitor.open(PAGE, **DAY).text, "2026-11-21")
    assert "First see why a camera did not" in row
    assert row.endswith("40 30 min")


def test_the_footfall_page_leads_to_it_and_it_leads_back(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    a_day(cloud, 0, came=1, went=1)
    page = visitor.open("/console/footfall", **DAY).text
    address = "?store=demo%2Fsh-0001&amp;day=2026-11-22"
    assert f'href="{PAGE}{address}"' in page
    page = visitor.open(PAGE, **DAY).text
    assert f'href="/console/footfall{address}"' in page
    live = visitor.open(f"{PAGE}/live", **DAY).text
    assert live.strip() in page


def test_page_speaks_chinese(cloud: WholeCloud) -> None:
    a_day(cloud, 1, came=40, went=30)
    with cloud.served() as url, ConsoleVisitor(url, "zh-CN") as visitor:
        visitor.sign_in()
        page = visitor.open(PAGE, **DAY).text
    for said in ("四周漂移", "店内余数", "偏大", "请检查入口计数线"):
        assert said in page, said

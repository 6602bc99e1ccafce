"""Proposed lines and zones in the console: seen, accepted, refused, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from models.wire.drawing import (
    ENTRY,
    CameraReport,
    Drawing,
    DrawnLine,
    DrawnZone,
    Proposal,
)
from models.wire.events.footfall import ZoneKind
from models.wire.twin import Reported
from tests.simulators.console_visitor import PASSWORD, ConsoleVisitor
from tests.simulators.facts import NOON, SHOP
from tests.simulators.whole_cloud import WholeCloud

PAGE = "/console/drawings"
LATER = Drawing(
    [DrawnLine("side-door", (0.3, 0.1), (0.3, 0.9))],
    [DrawnZone("tills", ZoneKind.QUEUE, [(0.1, 0.1), (0.9, 0.1), (0.5, 0.9)])],
)
CHOSEN = {"device": SHOP.device, "camera": "entrance", "proposal": "p1"}


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[WholeCloud]:
    with WholeCloud(tmp_path) as made:
        made.door.prepare({"LIANKE_CONSOLE_PASSWORD": PASSWORD})
        made.open_store()
        made.enrol()
        yield made


@pytest.fixture
def visitor(cloud: WholeCloud) -> Iterator[ConsoleVisitor]:
    with cloud.served() as url, ConsoleVisitor(url) as made:
        made.sign_in()
        yield made


def propose(cloud: WholeCloud) -> None:
    now = Drawing([DrawnLine("door", (0.5, 0), (0.5, 1))])
    proposal = Proposal(id="p1", at="2026-03-01T04:00:00.000Z", drawing=LATER)
    report = msgspec.json.encode(CameraReport(drawing=now, proposal=proposal))
    document = {f"{ENTRY}entrance": msgspec.Raw(report)}
    cloud.registry.reported(SHOP, Reported(version=1, desired=0, document=document), NOON)


def test_where_nothing_is_proposed_the_page_says_so(visitor: ConsoleVisitor) -> None:
    assert "Nothing waits" in visitor.open(PAGE).text


def test_a_proposal_is_shown_in_numbers_beside_what_is(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    propose(cloud)
    page = visitor.open(PAGE).text
    assert "side-door" in page
    assert "30.0, 10.0 → 30.0, 90.0 %" in page
    assert "50.0, 0.0 → 50.0, 100.0 %" in page
    assert "Queue" in page
    assert page.count("<img") == 1, "our mark: there is no picture here"
    devices = visitor.open("/console/devices").text
    assert f'href="{PAGE}">Drawings proposed: 1<' in devices


def test_accepting_leads_back_and_nothing_waits(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    propose(cloud)
    visitor.open(PAGE)
    assert visitor.send(f"{PAGE}/accept", **CHOSEN).status_code == 200
    assert "Nothing waits" in visitor.page.text
    assert [entry.subject for entry in cloud.audit.latest(cloud.engine, 1)] == [
        f"camera:{SHOP.device}/entrance"
    ]


def test_whoever_comes_second_is_told(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    propose(cloud)
    visitor.open(PAGE)
    visitor.send(f"{PAGE}/refuse", **CHOSEN, reason="too far left")
    visitor.open(PAGE)
    visitor.open("/console/devices")
    answer = visitor.send(f"{PAGE}/accept", **CHOSEN)
    assert answer.status_code == 409
    assert "answered already" in answer.text


def test_a_form_without_its_token_changes_nothing(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    propose(cloud)
    visitor.open(PAGE)
    assert visitor.send_raw(f"{PAGE}/accept", CHOSEN).status_code == 403
    assert "side-door" in visitor.open(PAGE).text


def test_it_is_there_in_chinese(cloud: WholeCloud) -> None:
    propose(cloud)
    with cloud.served() as url, ConsoleVisitor(url, language="zh") as visitor:
        visitor.sign_in()
        page = visitor.open(PAGE).text
    assert "提交的线和区域" in page
    assert "同意" in page
    assert "排队" in page

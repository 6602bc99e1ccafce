"""Streams of open pages: they say that something changed, and end when they must."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import cycle
from pathlib import Path

import pytest

from cloud.console.pulse import LivePage, Pulse
from cloud.ingest.alarms import AlarmKind
from cloud.ingest.alarms.deciding import Sign, Trouble
from models.runtime.clock import SystemClock
from models.wire.events.device import Heartbeat
from tests.simulators.capture_words import set_aside
from tests.simulators.clocks import HandClock
from tests.simulators.console_visitor import PASSWORD, ConsoleVisitor
from tests.simulators.facts import a_minute, a_sale, an_audit
from tests.simulators.whole_cloud import WholeCloud

DEADLINE_S = 30.0
CALM = "0-0-0-0"
"""The stamp of no alarms; the head of every page counts them."""


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[WholeCloud]:
    with WholeCloud(tmp_path, clock=SystemClock()) as made:
        made.door.prepare({"LIANKE_CONSOLE_PASSWORD": PASSWORD})
        made.open_store()
        made.enrol()
        yield made


@pytest.fixture
def visitor(cloud: WholeCloud) -> Iterator[ConsoleVisitor]:
    with cloud.served() as url, ConsoleVisitor(url) as made:
        made.sign_in()
        yield made


@contextmanager
def stream(visitor: ConsoleVisitor, page: str) -> Iterator[Iterator[str]]:
    """The events of a page's stream, one name and its data at a time."""
    with visitor.http.stream("GET", f"/console/{page}/stream", timeout=DEADLINE_S) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield (line for line in answer.iter_lines() if line.startswith(("event", "data")))


def raise_an_alarm(cloud: WholeCloud) -> None:
    cloud.alarms.look([Sign(AlarmKind.INGEST_STOPPED, [Trouble()])])


def end_the_alarm(cloud: WholeCloud) -> None:
    cloud.alarms.look([Sign(AlarmKind.INGEST_STOPPED, [])])


def test_an_alarm_changes_every_page_for_its_head_counts_them(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    with stream(visitor, "today") as events:
        assert [next(events), next(events)] == ["event: changed", f"data: 0-0.{CALM}"]
        raise_an_alarm(cloud)
        assert next(events) == "event: changed"


def test_sale_changes_today_and_a_heartbeat_changes_devices(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    turns = cycle([raise_an_alarm, end_the_alarm])
    change: dict[LivePage, Callable[[int], object]] = {
        LivePage.TODAY: lambda n: cloud.sell(a_sale(n)),
        LivePage.FOOTFALL: lambda n: cloud.check(an_audit(f"{n:032x}")),
        LivePage.DRIFT: lambda _n: next(turns)(cloud),
        LivePage.CAPTURE: lambda n: cloud.set_aside(set_aside(f"{n:04x}")),
        LivePage.DEVICES: lambda n: cloud.beat(Heartbeat(uptime_s=n, streams=[])),
        LivePage.ALARMS: lambda _n: next(turns)(cloud),
    }
    for page in LivePage:
        told = (seconds_until_told(visitor, page, partial(change[page], n)) for n in range(1, 4))
        assert any(seconds < 2 for seconds in told), page


def seconds_until_told(
    visitor: ConsoleVisitor, page: LivePage, change: Callable[[], object]
) -> float:
    """From the change until the page's stream says that there is one."""
    with stream(visitor, page) as events:
        assert next(events) == "event: changed"
        before = next(events)
        began_s = time.monotonic()
        change()
        assert next(events) == "event: changed"
        assert next(events) != before
        return time.monotonic() - began_s


def test_people_at_the_door_change_today(cloud: WholeCloud, visitor: ConsoleVisitor) -> None:
    with stream(visitor, "today") as events:
        assert [next(events), next(events)] == ["event: changed", f"data: 0-0.{CALM}"]
        cloud.count(a_minute(ingress=1))
        assert [next(events), next(events)] == ["event: changed", f"data: 0-1.{CALM}"]


def test_stream_says_nothing_but_that_something_changed(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    cloud.sell(a_sale(1, phone="+8613787655678"))
    with stream(visitor, "today") as events:
        assert [next(events), next(events)] == ["event: changed", f"data: 1-0.{CALM}"]


def test_stream_ends_when_the_server_is_about_to_stop(
    cloud: WholeCloud, visitor: ConsoleVisitor
) -> None:
    with stream(visitor, "today") as events:
        next(events)
        cloud.closing.set()
        assert list(events) == [f"data: 0-0.{CALM}"]


def test_unknown_page_has_no_stream(visitor: ConsoleVisitor) -> None:
    assert visitor.http.get("/console/members/stream").status_code == 400
    assert visitor.http.get("/console/nothing/stream").status_code == 400


def test_many_open_pages_ask_the_database_once(tmp_path: Path) -> None:
    with WholeCloud(tmp_path) as cloud:
        clock = HandClock()
        pulse = Pulse(cloud.engine, cloud.fleet, cloud.alarms, clock)
        first = pulse.stamp(LivePage.TODAY)
        cloud.sell(a_sale(1))
        assert pulse.stamp(LivePage.TODAY) == first
        clock.move(0.25)
        assert pulse.stamp(LivePage.TODAY) != first

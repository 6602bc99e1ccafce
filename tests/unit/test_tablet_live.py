"""Changes on the stream: at once, without a queue, and gone when the member is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from agent.tablet import Limits, LineState
from models.runtime.clock import SystemClock
from tests.simulators.clocks import HandClock
from tests.simulators.facts import NOON, a_sale
from tests.simulators.guide_tablet import Tablet, a_tablet
from tests.simulators.shop_cards import (
    LI,
    OTHER_PHONE,
    PHONE,
    a_card,
    a_delta,
    a_tombstone,
    id_of,
)

Event = tuple[str, str]


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Tablet]:
    with a_tablet(tmp_path, HandClock(), Limits(heartbeat_s=0.2)) as tablet:
        tablet.replica.apply(a_delta(1, a_card()))
        yield tablet


def events(stream: httpx.Response) -> Iterator[Event]:
    """Every event and comment of a stream: its name and data."""
    name = ""
    data: list[str] = []
    for line in stream.iter_lines():
        field, _, value = line.partition(":")
        if line == "":
            yield name, "\n".join(data)
            name, data = "", []
        elif field == "event":
            name = value.strip()
        elif field == "data":
            data.append(value.strip())
        else:
            name = field or "comment"


@contextmanager
def watching(tablet: Tablet, path: str) -> Iterator[Iterator[Event]]:
    with (
        httpx.Client(base_url=tablet.url, timeout=30, verify=False) as client,
        client.stream("GET", path) as stream,
    ):
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        heard = events(stream)
        assert next(heard)[0] == "retry"
        yield heard


def opened(tablet: Tablet, phone: str = PHONE) -> str:
    answer = httpx.post(f"{tablet.url}/search", data={"number": phone}, timeout=30)
    return f"{answer.headers['Location']}/live"


def next_card(heard: Iterator[Event]) -> str:
    return next(data for name, data in heard if name == "card")


def test_the_present_state_comes_first_and_a_sale_at_once(tablet: Tablet) -> None:
    sale = a_sale(1, phone=PHONE)
    with watching(tablet, opened(tablet)) as heard:
        assert 'data-version="1"' in next_card(heard)
        tablet.replica.lay_over(sale, id_of(sale), NOON)
        assert f'data-sale="{id_of(sale)}" data-confirmed="false"' in next_card(heard)
        card = a_card(version=2, visits=13, includes=[id_of(sale)])
        tablet.replica.apply(a_delta(2, card))
        assert 'data-version="2"' in next_card(heard)


def test_other_members_are_other_peoples_business(tablet: Tablet) -> None:
    tablet.replica.apply(a_delta(2, a_card(LI, phone=OTHER_PHONE, cards=[])))
    sale = a_sale(1, phone=OTHER_PHONE)
    with watching(tablet, opened(tablet)) as heard:
        next_card(heard)
        tablet.replica.lay_over(sale, id_of(sale), NOON)
        assert next(heard)[0] == "comment"


def test_a_provisional_view_goes_on_with_the_real_card(tablet: Tablet) -> None:
    sale = a_sale(1, phone=OTHER_PHONE)
    tablet.replica.lay_over(sale, id_of(sale), NOON)
    with watching(tablet, opened(tablet, OTHER_PHONE)) as heard:
        assert "provisional" in next_card(heard)
        tablet.replica.apply(a_delta(2, a_card(LI, phone=OTHER_PHONE, given_name="丽华")))
        assert 'data-version="1"' in next_card(heard)


def test_shown_details_are_masked_again_by_the_server(tmp_path: Path) -> None:
    with a_tablet(tmp_path, SystemClock(), Limits(show_s=0.2, heartbeat_s=5)) as tablet:
        tablet.replica.apply(a_delta(1, a_card()))
        path = opened(tablet)
        with watching(tablet, path) as heard:
            assert "小明" not in next_card(heard)
            httpx.post(tablet.url + path.replace("/live", "/show"), timeout=30)
            assert "小明" in next_card(heard)
            assert "小明" not in next_card(heard)


def test_the_line_to_the_cloud_is_looked_at_with_every_heartbeat(tablet: Tablet) -> None:
    with watching(tablet, opened(tablet)) as heard:
        assert "online" in next_card(heard)
        tablet.line.state = LineState(online=False, since=NOON)
        assert "offline" in next_card(heard)


def test_a_forgotten_member_leaves_the_screen(tablet: Tablet) -> None:
    with watching(tablet, opened(tablet)) as heard:
        next_card(heard)
        tablet.replica.apply(a_tombstone(2))
        assert next(heard) == ("gone", "")
        assert list(heard) == []


def test_programs_hear_of_every_sale_and_of_no_member(tablet: Tablet) -> None:
    first, second = a_sale(1, phone=PHONE), a_sale(2, phone=OTHER_PHONE)
    with watching(tablet, "/live") as heard:
        assert next(heard)[0] == "comment"
        tablet.replica.lay_over(first, id_of(first), NOON)
        tablet.replica.lay_over(second, id_of(second), NOON)
        tablet.replica.apply(a_delta(2, a_card(version=2)))
        sales = [json.loads(data) for name, data in (next(heard), next(heard)) if name == "sale"]
    assert sales == [
        {"sale_id": id_of(first), "at": "2026-11-22T04:00:00.000Z"},
        {"sale_id": id_of(second), "at": "2026-11-22T04:00:00.000Z"},
    ]


def test_stopping_says_goodbye_to_open_streams(tablet: Tablet) -> None:
    with watching(tablet, opened(tablet)) as heard, watching(tablet, "/live") as programs:
        next_card(heard)
        tablet.server.stop()
        assert {name for name, _ in heard} <= {"comment"}
        assert {name for name, _ in programs} <= {"comment"}
    tablet.server.stop()

"""Minutes become quarters and hours: everybody is still counted, only not to the minute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from agent.outbox.merging import (
    MOST_REPLACED,
    Counted,
    begin_of,
    compose_merged,
    plan,
    read_counted,
)
from models.wire.envelope import Moment, compose, open_envelope, stamp
from models.wire.events.device import Heartbeat
from models.wire.events.footfall import FootfallCounted, GapReason, LineTally
from models.wire.ids import uuid7
from models.wire.registry import FOOTFALL_COUNTED, HEARTBEAT, decode_data
from tests.simulators.facts import NOON, SHOP, a_minute, an_unwatched_minute

MINUTE = timedelta(minutes=1)
KOLKATA = ZoneInfo("Asia/Kolkata")


def counted(*minutes: FootfallCounted) -> list[Counted]:
    """As they lie in an outbox."""
    return list(_counted(minutes))


def _counted(minutes: Sequence[FootfallCounted]) -> Iterator[Counted]:
    for sequence, data in enumerate(minutes, start=1):
        event_id = uuid7(sequence, bytes(10))
        at = Moment(data.begin_at + MINUTE, 1000 * sequence, "boot-1")
        body = compose(device=SHOP, event_id=event_id, kind=FOOTFALL_COUNTED, data=data, at=at)
        event = read_counted(sequence, event_id, body)
        assert event is not None
        assert event.data == data
        yield event


def some_minutes(count: int, begin_at: datetime = NOON, **fields: int) -> list[FootfallCounted]:
    return [a_minute(begin_at + n * MINUTE, **fields) for n in range(count)]  # type: ignore[arg-type]  # counts only


def test_a_quarter_of_an_hour_is_the_sum_of_its_minutes() -> None:
    minutes = some_minutes(15, ingress=2, egress=1)
    minutes[3] = a_minute(NOON + 3 * MINUTE, line="side", ingress=5, gaps={GapReason.LOST: 9_000})
    (merge,) = plan(counted(*minutes), 900, UTC, spare_newest=False)
    assert merge.data.begin_at == NOON
    assert merge.data.duration_s == 900
    assert merge.data.observed_ms == 15 * 60_000 - 9_000
    assert merge.data.samples == 14 * 300 + 255
    assert merge.data.lines == [
        LineTally(line="doorstep", ingress=28, egress=14),
        LineTally(line="side", ingress=5, egress=0),
    ]
    assert [(gap.reason, gap.ms) for gap in merge.data.gaps] == [(GapReason.LOST, 9_000)]
    assert merge.data.replaces == [part.event_id for part in merge.parts]


def test_an_hour_names_the_minutes_behind_its_quarters() -> None:
    minutes = counted(*some_minutes(60, ingress=1))
    quarters = plan(minutes, 900, UTC, spare_newest=False)
    stored = [
        Counted(100 + n, uuid7(100 + n, bytes(10)), b"{}", merge.data)
        for n, merge in enumerate(quarters)
    ]
    (hour,) = plan(stored, 3600, UTC, spare_newest=False)
    assert hour.data.duration_s == 3600
    assert hour.data.lines[0].ingress == 60
    assert set(hour.data.replaces) == {event.event_id for event in (*minutes, *stored)}


def test_the_newest_interval_is_left_alone_since_more_of_it_may_follow() -> None:
    merges = plan(counted(*some_minutes(20)), 900, UTC)
    assert [merge.data.begin_at for merge in merges] == [NOON]
    assert plan(counted(*some_minutes(14)), 900, UTC) == []


def test_what_stands_alone_or_is_as_coarse_already_stays() -> None:
    alone = a_minute(NOON)
    coarse = a_minute(NOON + 15 * MINUTE, duration_s=900)
    again = a_minute(NOON + 15 * MINUTE, duration_s=900)
    assert plan(counted(alone, coarse, again), 900, UTC, spare_newest=False) == []
    (hour,) = plan(counted(alone, coarse, again), 3600, UTC, spare_newest=False)
    assert len(hour.parts) == 3


def test_cameras_networks_and_rules_are_not_mixed() -> None:
    one = some_minutes(3)
    other = [msgspec.structs.replace(minute, network="another@89abcdef") for minute in one]
    yard = [msgspec.structs.replace(minute, camera="yard") for minute in one]
    blind = [an_unwatched_minute(NOON + n * MINUTE) for n in range(2)]
    blind = [msgspec.structs.replace(minute, network="", rule="") for minute in blind]
    merges = plan(counted(*one, *other, *yard, *blind), 900, UTC, spare_newest=False)
    assert [(m.data.camera, m.data.network[:4], len(m.parts)) for m in merges] == [
        ("door", "yolo", 3),
        ("door", "anot", 3),
        ("yard", "yolo", 3),
        ("door", "", 2),
    ]
    assert merges[-1].data.lines == [], "absent is never zero"


@pytest.mark.parametrize(
    ("zone", "begin"),
    [
        (UTC, datetime(2026, 11, 22, 4, 0, tzinfo=UTC)),
        (ZoneInfo("Asia/Shanghai"), datetime(2026, 11, 22, 4, 0, tzinfo=UTC)),
        (KOLKATA, datetime(2026, 11, 22, 3, 30, tzinfo=UTC)),
        (ZoneInfo("Asia/Kathmandu"), datetime(2026, 11, 22, 4, 15, tzinfo=UTC)),
    ],
)
def test_hours_are_those_of_the_shops_clock(zone: ZoneInfo, begin: datetime) -> None:
    moment = datetime(2026, 11, 22, 4, 20, tzinfo=UTC)
    assert begin_of(moment, 3600, zone) == begin
    assert begin.astimezone(zone).minute == 0
    assert begin_of(moment, 900, zone) == datetime(2026, 11, 22, 4, 15, tzinfo=UTC)


def test_a_box_that_starts_all_the_time_gets_several_merged_events() -> None:
    parts = [a_minute(NOON, ingress=1) for _ in range(MOST_REPLACED + 10)]
    merges = plan(counted(*parts), 900, UTC, spare_newest=False)
    assert [len(merge.data.replaces) for merge in merges] == [MOST_REPLACED, 10]
    assert sum(merge.data.lines[0].ingress for merge in merges) == MOST_REPLACED + 10


def test_the_merged_event_is_dated_and_signed_like_its_last_part() -> None:
    (merge,) = plan(counted(*some_minutes(15, ingress=1)), 900, UTC, spare_newest=False)
    event_id = uuid7(7, bytes(10))
    raw = stamp(compose_merged(merge, event_id), "0" * 32, 9)
    envelope = open_envelope(raw)
    assert (envelope.id, envelope.sequence) == (event_id, "9")
    assert envelope.time == NOON + 15 * MINUTE
    assert (envelope.bootid, envelope.monotonic) == ("boot-1", "15000")
    assert decode_data(FOOTFALL_COUNTED, envelope.data) == merge.data


def test_other_events_and_damaged_ones_are_left_alone() -> None:
    moment = Moment(NOON, 1, "boot-1")
    pulse = Heartbeat(uptime_s=1.0, streams=[])
    event_id = uuid7(1, bytes(10))
    other = compose(device=SHOP, event_id=event_id, kind=HEARTBEAT, data=pulse, at=moment)
    assert read_counted(1, event_id, other) is None
    assert read_counted(1, event_id, b"{") is None
    wrong = b'{"type":"lianke.footfall.counted","data":{}}'
    assert read_counted(1, event_id, wrong) is None

"""Finished minutes reach the outbox once, however often it refuses them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from agent.capture.footfall.metrics import FootfallMetrics
from agent.capture.footfall.minutes import Minute
from agent.capture.footfall.recorder import Recorder
from agent.errors import DiskUnusable, EventTooLarge, OutboxBusy
from models.wire.events.footfall import FootfallCounted, Gap, GapReason, LineTally
from tests.simulators.clocks import HandClock
from tests.simulators.scripted_watcher import MinuteOutbox, fact_maker

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
A_DAY_OF_FOUR_CAMERAS = 4 * 24 * 60


def minute(number: int = 0) -> Minute:
    return Minute(
        begin_at=NOON + timedelta(minutes=number),
        observed_ms=59_000,
        samples=295,
        lines=(LineTally(line="door", ingress=2, egress=1),),
        gaps=(Gap(reason=GapReason.SLOW, ms=1_000),),
        network="yolox-nano@c789161e",
    )


class Desk:
    """A recorder, its outbox and its figures."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.outbox = MinuteOutbox()
        metrics = FootfallMetrics(self.registry)
        self.recorder = Recorder(self.outbox, fact_maker(HandClock()), metrics)

    def figure(self, name: str) -> float | None:
        return self.registry.get_sample_value(name)


def test_a_minute_becomes_an_event_with_all_it_says() -> None:
    desk = Desk()
    assert desk.recorder.record("cam", [minute()], rule="segment-band-1")
    assert desk.outbox.minutes == [
        FootfallCounted(
            camera="cam",
            begin_at=NOON,
            observed_ms=59_000,
            samples=295,
            lines=[LineTally(line="door", ingress=2, egress=1)],
            gaps=[Gap(reason=GapReason.SLOW, ms=1_000)],
            network="yolox-nano@c789161e",
            rule="segment-band-1",
        )
    ]


def test_several_minutes_are_stored_in_one_transaction() -> None:
    desk = Desk()
    desk.recorder.record("cam", [minute(1), minute(2), minute(3)])
    assert desk.outbox.appends == 1
    assert len(desk.outbox.minutes) == 3


def test_nothing_to_store_does_not_touch_the_disk() -> None:
    desk = Desk()
    assert desk.recorder.record("cam", [])
    assert desk.outbox.appends == 0


@pytest.mark.parametrize("error", [DiskUnusable("full"), OutboxBusy("locked")])
def test_what_the_disk_does_not_take_waits_and_is_stored_in_order(error: Exception) -> None:
    desk = Desk()
    desk.outbox.refuse_with = error
    with capture_logs() as lines:
        assert not desk.recorder.record("cam", [minute(1)])
        assert not desk.recorder.record("cam", [minute(2)])
        assert desk.figure("lianke_footfall_minutes_held") == 2
        desk.outbox.refuse_with = None
        assert desk.recorder.record("cam", [])
    assert [stored.begin_at for stored in desk.outbox.minutes] == [
        NOON + timedelta(minutes=1),
        NOON + timedelta(minutes=2),
    ]
    assert desk.figure("lianke_footfall_minutes_held") == 0
    assert [line["event"] for line in lines] == ["footfall_minutes_held", "footfall_minutes_stored"]


def test_a_disk_that_stays_full_costs_the_oldest_minutes_and_says_so() -> None:
    desk = Desk()
    desk.outbox.refuse_with = DiskUnusable("full")
    desk.recorder.record("cam", [minute(n) for n in range(A_DAY_OF_FOUR_CAMERAS)])
    with capture_logs() as lines:
        desk.recorder.record("cam", [minute(-1), minute(-2)])
    assert desk.figure("lianke_footfall_minutes_dropped_total") == 2
    assert [line["event"] for line in lines] == ["footfall_minutes_given_up"]
    desk.outbox.refuse_with = None
    desk.recorder.record("cam", [])
    assert desk.outbox.minutes[0].begin_at == NOON + timedelta(minutes=2)
    assert len(desk.outbox.minutes) == A_DAY_OF_FOUR_CAMERAS


def test_what_will_never_be_taken_does_not_stop_what_follows() -> None:
    desk = Desk()
    desk.outbox.refuse_with = EventTooLarge("too large")
    assert desk.recorder.record("cam", [minute(1)])
    desk.outbox.refuse_with = None
    assert desk.recorder.record("cam", [minute(2)])
    assert len(desk.outbox.minutes) == 1
    assert desk.figure("lianke_footfall_minutes_dropped_total") == 1


def test_live_minutes_have_ids_of_their_own_and_a_clips_minutes_the_same_ones_again() -> None:
    desk = Desk()
    for recorded in (False, True):
        desk.recorder.record("cam", [minute()], recorded=recorded)
        desk.recorder.record("cam", [minute()], recorded=recorded)
    assert len(desk.outbox.minutes) == 2 + 1
    desk.recorder.record("other", [minute()], recorded=True)
    assert len(desk.outbox.minutes) == 4

"""The place where reading hands over to committing: groups grow, fill, and end in order."""

from __future__ import annotations

import threading

import pytest

from cloud.errors import FaultyService
from cloud.ingest.handover import Handover
from cloud.ledger.arrival import Arrival
from cloud.ledger.reading import Unreadable
from models.wire.topics import Stream
from tests.simulators.clocks import StoppedClock
from tests.simulators.facts import NOON, SHOP


def a_reading(text: bytes = b"x") -> Unreadable:
    return Unreadable(Arrival(SHOP, Stream.SALE, text, NOON), "no batch")


def test_what_waits_is_taken_together_and_in_order() -> None:
    handover = Handover(StoppedClock(), group_events=10, group_s=0.0)
    given = [a_reading(b"a"), a_reading(b"b"), a_reading(b"c")]
    for reading in given:
        handover.put(reading)
    group = handover.take(1.0)
    assert (group.readings, group.events) == (given, 3)
    assert not handover.take(0.01)


def test_a_full_group_makes_the_reader_wait_until_it_is_taken() -> None:
    handover = Handover(StoppedClock(), group_events=2, group_s=60.0)
    for _ in range(2):
        handover.put(a_reading())
    third = threading.Thread(target=handover.put, args=(a_reading(),))
    third.start()
    third.join(0.1)
    assert third.is_alive()
    assert handover.take(1.0).events == 2
    third.join(30)
    assert not third.is_alive()


def test_a_fault_is_raised_after_what_came_before_it() -> None:
    handover = Handover(StoppedClock(), group_events=10, group_s=60.0)
    handover.put(a_reading())
    handover.fail(FaultyService("the broker refuses us"))
    assert handover.take(1.0).events == 1
    with pytest.raises(FaultyService, match="refuses us"):
        handover.take(1.0)


def test_closing_releases_a_reader_that_waits() -> None:
    handover = Handover(StoppedClock(), group_events=1, group_s=0.0)
    handover.put(a_reading())
    late = threading.Thread(target=handover.put, args=(a_reading(),))
    late.start()
    handover.close()
    late.join(30)
    assert not late.is_alive()

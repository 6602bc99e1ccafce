"""Groups are prepared on their way, in order; what fails in it is left for the commit to meet."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from cloud.errors import DatabaseUnavailable, FaultyService
from cloud.ingest.handover import Handover
from cloud.ingest.preparing import WORTH_EVENTS, Preparer
from cloud.ledger.arrival import Arrival
from cloud.ledger.foresight import Foresight
from cloud.ledger.reading import Reading, Unreadable
from models.wire.topics import Stream
from tests.simulators.clocks import StoppedClock
from tests.simulators.facts import NOON, SHOP

FORESEEN = Foresight(7, {}, {})


def a_reading(text: bytes = b"x") -> Unreadable:
    return Unreadable(Arrival(SHOP, Stream.SALE, text, NOON), "no batch")


def foreseen(_readings: Sequence[Reading]) -> Foresight:
    return FORESEEN


def away(_readings: Sequence[Reading]) -> Foresight:
    raise DatabaseUnavailable("the database is not available")


def broken(_readings: Sequence[Reading]) -> Foresight:
    raise ZeroDivisionError


@contextmanager
def preparing(
    foresee: Callable[[Sequence[Reading]], Foresight], group_events: int = WORTH_EVENTS
) -> Iterator[tuple[Handover, Preparer]]:
    handover = Handover(StoppedClock(), group_events, 0.0)
    preparer = Preparer(handover, foresee)
    thread = threading.Thread(target=preparer.run)
    thread.start()
    try:
        yield handover, preparer
    finally:
        preparer.close()
        handover.close()
        thread.join(5)
        assert not thread.is_alive()


def fill(handover: Handover) -> None:
    """All at once, or the preparer takes a part of it."""
    with handover._changed:
        handover._open.readings += [a_reading()] * WORTH_EVENTS
        handover._open.events += WORTH_EVENTS
        handover._changed.notify_all()


def test_a_large_group_comes_with_what_was_foreseen() -> None:
    with preparing(foreseen) as (handover, preparer):
        fill(handover)
        group = preparer.take(5)
        assert (group.events, group.foresight) == (WORTH_EVENTS, FORESEEN)


def test_a_small_group_is_passed_on_as_it_is() -> None:
    with preparing(broken) as (handover, preparer):
        handover.put(a_reading())
        assert preparer.take(5).foresight is None


@pytest.mark.parametrize("trouble", [away, broken])
def test_trouble_in_foreseeing_holds_up_no_group(
    trouble: Callable[[Sequence[Reading]], Foresight],
) -> None:
    with preparing(trouble) as (handover, preparer):
        fill(handover)
        group = preparer.take(5)
        assert (group.events, group.foresight) == (WORTH_EVENTS, None)


def test_groups_come_in_order_and_the_readers_fault_after_them() -> None:
    with preparing(foreseen, group_events=1) as (handover, preparer):
        given = [a_reading(b"a"), a_reading(b"b")]
        for reading in given:
            handover.put(reading)
        assert [preparer.take(5).readings for _ in given] == [[reading] for reading in given]
        handover.fail(FaultyService("the broker refuses us"))
        with pytest.raises(FaultyService, match="refuses us"):
            preparer.take(5)


def test_nothing_to_take_is_an_empty_group() -> None:
    with preparing(foreseen) as (_, preparer):
        assert not preparer.take(0.01)

"""Groups are prepared on their way, in order; what fails in it is left for the commit to meet."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from cloud.errors import DatabaseUnavailable, FaultyService
from cloud.ingest.handover import WORTH_PREPARING, Handover
from cloud.ingest.preparing import Preparer
from cloud.ledger.arrival import Arrival
from cloud.ledger.decision import Holdings
from cloud.ledger.foresight import Foresight
from cloud.ledger.reading import Reading, Unreadable
from models.wire.topics import Stream
from tests.simulators.clocks import StoppedClock
from tests.simulators.facts import NOON, SHOP

FORESEEN = Foresight(Holdings(7, {}, {}, None), {})


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
    foresee: Callable[[Sequence[Reading]], Foresight], group_events: int = WORTH_PREPARING
) -> Iterator[Handover]:
    handover = Handover(StoppedClock(), group_events, 60.0)
    preparer, ended = Preparer(handover, foresee), threading.Event()
    thread = threading.Thread(target=preparer.run, args=(ended,))
    thread.start()
    try:
        yield handover
    finally:
        ended.set()
        handover.close()
        thread.join(30)
        assert not thread.is_alive()


def fill(handover: Handover) -> list[Reading]:
    """A large group, full."""
    given: list[Reading] = [a_reading(b"%d" % n) for n in range(WORTH_PREPARING)]
    for reading in given:
        handover.put(reading)
    return given


def test_a_large_group_comes_with_what_was_foreseen() -> None:
    with preparing(foreseen) as handover:
        fill(handover)
        group = handover.take(5)
        assert (group.events, group.foresight) == (WORTH_PREPARING, FORESEEN)


def test_a_small_group_is_not_prepared() -> None:
    with preparing(broken, group_events=1) as handover:
        handover.put(a_reading())
        assert handover.take(5).foresight is None


@pytest.mark.parametrize("trouble", [away, broken])
def test_trouble_in_foreseeing_holds_up_no_group(
    trouble: Callable[[Sequence[Reading]], Foresight],
) -> None:
    with preparing(trouble) as handover:
        fill(handover)
        group = handover.take(5)
        assert (group.events, group.foresight) == (WORTH_PREPARING, None)


def test_what_came_behind_a_large_group_is_committed_behind_it() -> None:
    go_on = threading.Event()

    def slowly(_readings: Sequence[Reading]) -> Foresight:
        assert go_on.wait(30)
        return FORESEEN

    with preparing(slowly) as handover:
        large = fill(handover)
        late = a_reading(b"late")
        handover.put(late)  # waits until the large one has gone to the preparer
        assert not handover.take(0.01)
        go_on.set()
        assert handover.take(5).readings == large
        handover.fail(FaultyService("the broker refuses us"))
        assert handover.take(5).readings == [late]
        with pytest.raises(FaultyService, match="refuses us"):
            handover.take(5)


def test_a_preparer_that_cannot_go_on_ends_it_all() -> None:
    def worse(_readings: Sequence[Reading]) -> Foresight:
        raise KeyboardInterrupt

    with preparing(worse) as handover:
        fill(handover)
        with pytest.raises(KeyboardInterrupt):
            handover.take(5)


def test_nothing_to_take_is_an_empty_group() -> None:
    with preparing(foreseen) as handover:
        assert not handover.take(0.01)

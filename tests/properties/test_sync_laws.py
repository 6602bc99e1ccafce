"""Laws of the sync: the fresh share, the window, and what a bad broker can cost."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from agent.outbox import Lease
from agent.sync.company import Company
from agent.sync.egress import Egress, Limits
from agent.sync.in_flight import InFlight
from agent.sync.share import FreshShare
from models.wire.ids import Epoch
from models.wire.topics import Stream
from tests.simulators.facts import EPOCH

SHARES = st.integers(0, 999).map(lambda thousandths: thousandths / 1000)
WAITING = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=150)


def batches(share: float, waiting: Sequence[tuple[bool, bool]]) -> list[bool | None]:
    """Who was served each time, given whether (fresh, history) waited; None where neither did."""
    turns = FreshShare(share)
    served: list[bool | None] = []
    for there in waiting:
        side = next((fresh for fresh in turns.turns() if there[not fresh]), None)
        if side is not None:
            turns.took(fresh=side)
        served.append(side)
    return served


@given(SHARES, WAITING)
def test_over_any_run_of_batches_fresh_events_that_wait_get_their_share(
    share: float, waiting: list[tuple[bool, bool]]
) -> None:
    _check(share, batches(share, waiting), waiting, fresh=True)


@given(SHARES, WAITING)
def test_over_any_run_of_batches_a_backlog_progresses_by_the_rest(
    share: float, waiting: list[tuple[bool, bool]]
) -> None:
    _check(share, batches(share, waiting), waiting, fresh=False)


def _check(
    share: float,
    served: list[bool | None],
    waiting: list[tuple[bool, bool]],
    *,
    fresh: bool,
) -> None:
    """Every window in which one side waited throughout gave it floor(share x N) batches."""
    mine = round(1000 * (share if fresh else 1 - share))
    for begin in range(len(served)):
        got = 0
        for length, end in enumerate(range(begin, len(served)), 1):
            if not waiting[end][not fresh]:
                break
            got += served[end] is fresh
            assert got >= math.floor(mine * length / 1000)


@given(WAITING)
def test_nobody_who_waits_is_kept_waiting_for_one_who_is_not_there(
    waiting: list[tuple[bool, bool]],
) -> None:
    for there, side in zip(waiting, batches(0.8, waiting), strict=True):
        assert (side is None) == (there == (False, False))


class Shelf:
    """Lends runs of several streams and remembers who was lent what."""

    def __init__(self, held: dict[Stream, int]) -> None:
        self.last = dict(held)
        self.free = {stream: set(range(1, last + 1)) for stream, last in held.items()}

    def add(self, stream: Stream, count: int) -> None:
        first = self.last[stream] + 1
        self.last[stream] += count
        self.free[stream].update(range(first, first + count))

    def lease(
        self,
        stream: Stream,
        *,
        max_events: int,
        max_bytes: int,
        first: int = 1,
        last: int | None = None,
        historical: bool = False,
        now_s: float,
        lease_s: float,
    ) -> Lease | None:
        del max_bytes, now_s, lease_s
        wanted = sorted(n for n in self.free[stream] if n >= first and (last is None or n <= last))
        run = [n for k, n in enumerate(wanted[:max_events]) if n == wanted[0] + k]
        self.free[stream] -= set(run)
        mark = b"old" if historical else b"new"
        return Lease(Epoch(EPOCH), stream, run[0], [mark for _ in run]) if run else None


STREAMS = st.sampled_from(list(Stream))
BACKLOG = st.dictionaries(STREAMS, st.integers(0, 60))
ARRIVALS = st.lists(st.tuples(STREAMS, st.integers(0, 9)), max_size=40)


@given(BACKLOG, ARRIVALS)
def test_every_event_leaves_once_and_history_is_what_was_there_before(
    backlog: dict[Stream, int], arrivals: list[tuple[Stream, int]]
) -> None:
    held = {stream: backlog.get(stream, 0) for stream in Stream}
    shelf = Shelf(held)
    egress = Egress(
        shelf, InFlight(9, 1 << 20), Limits(batch_events=7), lambda stream: shelf.last[stream]
    )
    left: list[tuple[Stream, int, bool]] = []

    def send() -> bool:
        lease = egress.next(0.0)
        if lease is not None:
            history = lease.events[0] == b"old"
            left.extend((lease.stream, n, history) for n in range(lease.first, lease.last + 1))
        return lease is not None

    for stream, count in arrivals:
        shelf.add(stream, count)
        send()
    while send():
        pass
    assert sorted(left) == [
        (stream, n, n <= held[stream])
        for stream in sorted(Stream)
        for n in range(1, shelf.last[stream] + 1)
    ]


@given(
    st.lists(
        st.tuples(st.floats(0, 0.01), st.integers(0, 5), st.booleans()), min_size=1, max_size=60
    )
)
def test_no_event_waits_longer_for_company_than_it_may(
    steps: list[tuple[float, int, bool]],
) -> None:
    last, now_s, waiting_since = 0, 0.0, None
    company = Company([Stream.SALE], lambda _: last, batch_events=10, max_age_s=0.005)
    for pause_s, arrived, on_the_way in steps:
        now_s += pause_s
        last += arrived
        if arrived and waiting_since is None:
            waiting_since = now_s
        if company.awaits(Stream.SALE, now_s, on_the_way=on_the_way):
            assert on_the_way
            assert waiting_since is not None
            assert now_s - waiting_since < 0.005
            assert company.due_s() is not None
        else:
            company.leaves(Stream.SALE, last)
            waiting_since = None
            assert company.due_s() is None

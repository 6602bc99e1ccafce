"""The pure parts of the sync: the window, and who is sent first."""

from __future__ import annotations

from collections import Counter

import pytest

from agent.config import Endpoint
from agent.config.line import SyncSettings
from agent.outbox import Lease
from agent.sync.egress import Egress, Limits
from agent.sync.in_flight import Flight, InFlight
from agent.sync.mqtt import Login
from models.wire.ids import Epoch
from models.wire.ranges import RangeSet
from models.wire.topics import Stream
from tests.simulators.facts import EPOCH


def flight(first: int, last: int, size: int = 1000) -> Flight:
    return Flight(EPOCH, Stream.SALE, first, last, size)


def test_a_batch_leaves_the_window_when_every_event_of_it_is_settled() -> None:
    window = InFlight(2, 1 << 20)
    window.depart(flight(1, 10))
    window.depart(flight(11, 20))
    assert window.full
    assert not window.settle(EPOCH, "sale", [(1, 9), (15, 20)])
    assert len(window) == 2
    assert window.settle(EPOCH, "sale", [(10, 10)]) == [(EPOCH, Stream.SALE, 1)]
    window.settle("0" * 32, "sale", [(11, 14)])
    assert len(window) == 1


def test_a_confirmed_batch_that_is_not_settled_in_time_is_sent_again() -> None:
    window = InFlight(5, 1 << 20)
    for first, deadline_s in ((1, 10), (11, 12)):
        window.depart(flight(first, first + 9))
        window.confirm((EPOCH, Stream.SALE, first), deadline_s)
    assert window.next_deadline_s() == 10
    assert [f.first for f in window.expire(11.0)] == [1]
    assert len(window) == 1
    window.clear()
    assert window.next_deadline_s() is None


def test_what_still_waits_on_our_side_of_the_line_is_never_late() -> None:
    window = InFlight(5, 1 << 20)
    window.depart(flight(1, 10))
    assert window.next_deadline_s() is None
    assert window.expire(1e9) == []
    window.confirm((EPOCH, Stream.SALE, 1), 10.0)
    window.confirm((EPOCH, Stream.SALE, 1), 99.0)
    assert [f.first for f in window.expire(10.0)] == [1]
    window.confirm((EPOCH, Stream.SALE, 1), 99.0)
    assert len(window) == 0


def test_no_more_bytes_go_than_the_broker_may_leave_unconfirmed_but_one_batch_always_does() -> None:
    window = InFlight(9, 2500)
    assert window.has_room_for(99_999)
    window.depart(flight(1, 1, size=1500))
    assert window.has_room_for(1000)
    assert not window.has_room_for(1001)
    window.depart(flight(2, 2, size=1000))
    assert not window.has_room_for(1)
    window.confirm((EPOCH, Stream.SALE, 1), 10.0)
    assert window.has_room_for(1500)
    window.settle(EPOCH, "sale", [(2, 2)])
    assert not window.unconfirmed()
    assert window.has_room_for(99_999)
    assert len(window) == 1


@pytest.mark.parametrize("bad", range(1, 14))
def test_a_refused_batch_is_halved_until_the_bad_event_stands_alone(bad: int) -> None:
    window = InFlight(50, 1 << 20)
    alone: list[int] = []
    settled: set[int] = set()
    queue = [(1, 13)]
    while queue:
        first, last = queue.pop()
        window.depart(flight(first, last))
        if first <= bad <= last:
            if first == last:
                alone.append(first)  # the cloud dead-letters and settles it
            else:
                window.refuse(EPOCH, Stream.SALE, first, last - first + 1)
                while piece := window.next_piece(Stream.SALE):
                    queue.append(piece)
                continue
        settled.update(range(first, last + 1))
        window.settle(EPOCH, "sale", [(first, last)])
    assert alone == [bad]
    assert settled == set(range(1, 14))
    assert len(window) == 0


class Shelf:
    """Lends single events of one stream from a plain set.

    The first ``history`` of them lie there already; ``egress`` is made before the others come.
    """

    def __init__(self, count: int, *, history: int) -> None:
        self.left = set(range(1, count + 1))
        self.stream = Stream.SALE
        self._count = history
        self.egress = self.egress_of(InFlight(9, 1 << 20))
        self._count = count

    def egress_of(self, window: InFlight) -> Egress:
        return Egress(self, window, Limits(), self.last)

    def last(self, stream: Stream) -> int:
        return self._count if stream == self.stream else 0

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
        del max_events, max_bytes, now_s, lease_s
        wanted = [n for n in self.left if n >= first and (last is None or n <= last)]
        if stream != self.stream or not wanted:
            return None
        n = min(wanted)
        self.left.remove(n)
        return Lease(Epoch(EPOCH), stream, n, [b"old" if historical else b"new"])


def test_fresh_events_keep_their_share_while_a_backlog_drains() -> None:
    egress = Shelf(2000, history=1000).egress
    sent = [egress.next(0.0) for _ in range(500)]
    kinds = Counter(lease.events[0] for lease in sent if lease)
    assert kinds[b"new"] == pytest.approx(400, abs=2)
    assert kinds[b"old"] == pytest.approx(100, abs=2)


def test_history_takes_every_turn_while_nothing_fresh_is_waiting() -> None:
    egress = Shelf(100, history=100).egress
    assert all(egress.next(0.0) for _ in range(100))
    assert egress.next(0.0) is None


def test_everything_fresh_goes_out_when_there_is_no_backlog() -> None:
    egress = Shelf(100, history=0).egress
    sent = [egress.next(0.0) for _ in range(100)]
    assert [lease.first for lease in sent if lease] == list(range(1, 101))


def test_a_piece_to_be_halved_goes_before_everything_else() -> None:
    window = InFlight(9, 1 << 20)
    window.depart(flight(5, 8))
    window.refuse(EPOCH, Stream.SALE, 5, 4)
    egress = Shelf(100, history=100).egress_of(window)
    first = egress.next(0.0)
    assert first is not None
    assert first.first == 5


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("mqtt://shop.example", "shop.example", 1883, False),
        ("mqtts://10.0.0.2", "10.0.0.2", 8883, True),
        ("mqtt://[::1]:1234", "::1", 1234, False),
    ],
)
def test_a_broker_is_an_address(url: str, host: str, port: int, tls: bool) -> None:
    assert Endpoint.parse(url) == Endpoint(host, port, tls)


@pytest.mark.parametrize("url", ["http://x", "mqtt://", "x", "mqtt://u:s3cret@host"])
def test_a_bad_address_says_how_to_write_one_and_keeps_the_password_to_itself(url: str) -> None:
    with pytest.raises(ValueError, match="write mqtt://host") as caught:
        Endpoint.parse(url)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "settings",
    [
        {"window": 0},
        {"window_bytes": 0},
        {"confirm_within_s": 0.0},
        {"resend_after_s": -1.0},
        {"fresh_share": 1.0},
        {"max_age_ms": -1.0},
    ],
)
def test_settings_that_would_send_nothing_or_without_end_are_refused(
    settings: dict[str, float],
) -> None:
    with pytest.raises(ValueError, match=next(iter(settings))):
        SyncSettings(**settings)  # type: ignore[arg-type]  # what a file may hold


def test_a_login_does_not_print_its_password() -> None:
    assert "s3cret" not in repr(Login("pos1", "s3cret"))


def test_ranges_that_overlap_a_flight_only_in_part_count_only_there() -> None:
    window = InFlight(3, 1 << 20)
    window.depart(flight(5, 8))
    window.settle(EPOCH, "sale", [(1, 6)])
    window.settle(EPOCH, "sale", [(8, 99)])
    assert len(window) == 1
    window.settle(EPOCH, "sale", list(RangeSet([(7, 7)])))
    assert len(window) == 0

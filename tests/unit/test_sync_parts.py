"""The pure parts of the sync: the window, and who is sent first."""

from __future__ import annotations

from collections import Counter

import pytest

from agent.config import Endpoint
from agent.outbox import Lease
from agent.sync.egress import Egress, Limits
from agent.sync.in_flight import Flight, InFlight
from agent.sync.mqtt import Login
from models.wire.ids import Epoch
from models.wire.ranges import RangeSet
from models.wire.topics import Stream
from tests.simulators.facts import EPOCH


def flight(first: int, last: int, deadline_s: float = 10.0) -> Flight:
    return Flight(EPOCH, Stream.SALE, first, last, deadline_s)


def test_a_batch_leaves_the_window_when_every_event_of_it_is_settled() -> None:
    window = InFlight(2)
    window.depart(flight(1, 10))
    window.depart(flight(11, 20))
    assert window.full
    assert not window.settle(EPOCH, "sale", [(1, 9), (15, 20)])
    assert len(window) == 2
    assert window.settle(EPOCH, "sale", [(10, 10)]) == [(EPOCH, Stream.SALE, 1)]
    window.settle("0" * 32, "sale", [(11, 14)])
    assert len(window) == 1


def test_a_batch_that_is_not_settled_in_time_is_sent_again() -> None:
    window = InFlight(5)
    window.depart(flight(1, 10, deadline_s=10))
    window.depart(flight(11, 20, deadline_s=12))
    assert window.next_deadline_s() == 10
    assert [f.first for f in window.expire(11.0)] == [1]
    assert len(window) == 1
    window.clear()
    assert window.next_deadline_s() is None


@pytest.mark.parametrize("bad", range(1, 14))
def test_a_refused_batch_is_halved_until_the_bad_event_stands_alone(bad: int) -> None:
    window = InFlight(50)
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
    """Lends single events of one stream from a plain set, and remembers the order."""

    def __init__(self, sequences: range, stream: Stream = Stream.SALE) -> None:
        self.left = set(sequences)
        self.stream = stream

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
    shelf = Shelf(range(1, 2001))
    egress = Egress(shelf, InFlight(9), Limits(), lambda _stream: 1000)
    sent = [egress.next(0.0) for _ in range(500)]
    kinds = Counter(lease.events[0] for lease in sent if lease)
    assert kinds[b"new"] == pytest.approx(400, abs=2)
    assert kinds[b"old"] == pytest.approx(100, abs=2)


def test_history_takes_every_turn_while_nothing_fresh_is_waiting() -> None:
    egress = Egress(Shelf(range(1, 101)), InFlight(9), Limits(), lambda _stream: 1000)
    assert all(egress.next(0.0) for _ in range(100))
    assert egress.next(0.0) is None


def test_everything_fresh_goes_out_when_there_is_no_backlog() -> None:
    egress = Egress(Shelf(range(1, 101)), InFlight(9), Limits(), lambda _stream: 0)
    sent = [egress.next(0.0) for _ in range(100)]
    assert [lease.first for lease in sent if lease] == list(range(1, 101))


def test_a_piece_to_be_halved_goes_before_everything_else() -> None:
    window = InFlight(9)
    window.depart(flight(5, 8))
    window.refuse(EPOCH, Stream.SALE, 5, 4)
    egress = Egress(Shelf(range(1, 101)), window, Limits(), lambda _stream: 0)
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


def test_a_login_does_not_print_its_password() -> None:
    assert "s3cret" not in repr(Login("pos1", "s3cret"))


def test_ranges_that_overlap_a_flight_only_in_part_count_only_there() -> None:
    window = InFlight(3)
    window.depart(flight(5, 8))
    window.settle(EPOCH, "sale", [(1, 6)])
    window.settle(EPOCH, "sale", [(8, 99)])
    assert len(window) == 1
    window.settle(EPOCH, "sale", list(RangeSet([(7, 7)])))
    assert len(window) == 0

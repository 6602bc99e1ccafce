"""Laws of the journal: whatever arrives, it agrees with a model made of sets and dictionaries.

A world is a few sales in a few revisions, signs of life that may share an id, void ranges and
events that can never be accepted. They arrive in batches of any composition, under any sequence of
two epochs, grouped at will; so sequences and ids collide all the time.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.ledger.arrival import Appended
from cloud.ledger.journal import Journal
from cloud.ledger.reading import Reading, read_arrival
from models.vault.seal import Sealer
from models.wire.codec import Codec
from models.wire.events.device import RangeVoid
from models.wire.ids import DevicePath, TenantId
from models.wire.ranges import Range, from_sequences
from tests.simulators.databases import Databases
from tests.simulators.facts import EPOCH, SHOP, a_sale, stamped
from tests.simulators.ledger_premises import LedgerPremises, a_heartbeat, an_event

EPOCHS = (EPOCH, "f" * 32)
LAST = 12
CONTENT = {"accepted", "duplicate", "conflict"}
WEIGHT = {"void": 0, "rejected": 1} | dict.fromkeys(CONTENT, 2)


@dataclass(frozen=True)
class Sale:
    key: int
    total: int


@dataclass(frozen=True)
class Beat:
    number: int
    uptime_s: float


@dataclass(frozen=True)
class Void:
    number: int
    epoch: str
    ranges: tuple[Range, ...]


@dataclass(frozen=True)
class Bad:
    pass


Event = Sale | Beat | Void | Bad


@dataclass(frozen=True)
class Batch:
    epoch: str
    first: int
    events: tuple[Event, ...]


ranges = st.tuples(st.integers(1, LAST), st.integers(0, 3)).map(lambda r: (r[0], r[0] + r[1]))
voids = st.builds(
    Void,
    st.integers(50, 52),
    st.sampled_from(EPOCHS),
    st.lists(ranges, min_size=1, max_size=2).map(tuple),
)
events = st.one_of(
    st.builds(Sale, st.integers(1, 4), st.integers(100, 102)),
    st.builds(Beat, st.integers(1, 3), st.sampled_from([1.0, 2.0])),
    voids,
    st.just(Bad()),
)
batches = st.builds(
    Batch,
    st.sampled_from(EPOCHS),
    st.integers(1, LAST),
    st.lists(events, min_size=1, max_size=5).map(tuple),
)
histories = st.lists(st.lists(batches, min_size=1, max_size=3), min_size=1, max_size=5)


@dataclass
class Model:
    """The ledger, said simply."""

    entries: list[tuple[Event, bool, int | None]] = field(default_factory=list)
    outcomes: dict[tuple[str, int], str] = field(default_factory=dict)
    rehome: set[str] = field(default_factory=set)

    def group(self, arrived: list[Batch]) -> None:
        self.rehome = set()
        before = len(self.entries)
        for batch in arrived:
            taken = {
                sequence
                for sequence in range(batch.first, batch.first + len(batch.events))
                if self.outcomes.get((batch.epoch, sequence)) in CONTENT
            }
            for sequence, event in enumerate(batch.events, batch.first):
                self._arrive(batch.epoch, sequence, event, taken=sequence in taken)
        for event, _, _ in self.entries[before:]:
            if isinstance(event, Void):
                for first, last in event.ranges:
                    for sequence in range(first, last + 1):
                        self._settle(event.epoch, sequence, "void")

    def _arrive(self, epoch: str, sequence: int, event: Event, *, taken: bool) -> None:
        if isinstance(event, Bad):
            self._settle(epoch, sequence, "rejected")
            return
        known = [one for one, _, _ in self.entries]
        if event in known:
            self._settle(epoch, sequence, "duplicate")
            return
        contested = any(_same_id(event, one) for one in known)
        if taken or contested:
            self.rehome.add(epoch)
        earlier = [n for n, one in enumerate(known, 1) if _same_key(event, one)]
        self.entries.append((event, taken or contested, earlier[-1] if earlier else None))
        self._settle(epoch, sequence, "conflict" if taken or contested else "accepted")

    def _settle(self, epoch: str, sequence: int, outcome: str) -> None:
        known = self.outcomes.get((epoch, sequence))
        if known is None or WEIGHT[known] < WEIGHT[outcome]:
            self.outcomes[epoch, sequence] = outcome


def _same_id(one: Event, other: Event) -> bool:
    """Signs of life and voids have ids of their own, which two contents may share."""
    if isinstance(one, Sale | Bad) or isinstance(other, Sale | Bad):
        return False
    return one.number == other.number


def _same_key(one: Event, other: Event) -> bool:
    return isinstance(one, Sale) and isinstance(other, Sale) and one.key == other.key


class World:
    """A tenant of its own in a ledger that all examples share: tenants share nothing."""

    def __init__(self, ledger: LedgerPremises, number: int) -> None:
        self.ledger = ledger
        self.device = DevicePath(TenantId(f"t{number}"), SHOP.store, SHOP.device)
        self.start = ledger.journal.head()

    def arrive(self, group: list[Batch]) -> Appended:
        return self.ledger.append(*(self.payload(one) for one in group), device=self.device)

    def payload(self, batch: Batch) -> bytes:
        stamped_ = [
            self.bytes_of(event, sequence, batch.epoch)
            for sequence, event in enumerate(batch.events, batch.first)
        ]
        return Codec().encode(batch.epoch, "sale", batch.first, stamped_)

    def bytes_of(self, event: Event, sequence: int, epoch: str) -> bytes:
        match event:
            case Sale():
                phone = f"+861391111000{event.key}"
                sale = a_sale(event.key, total_minor=event.total, phone=phone)
                return stamped(sale, sequence, self.device, epoch)
            case Beat():
                beat = a_heartbeat(sequence, uptime_s=event.uptime_s, number=event.number)
                return self._elsewhere(beat, epoch)
            case Void():
                void = RangeVoid(
                    epoch=event.epoch, stream="sale", ranges=list(event.ranges), count=1, reason=""
                )
                return an_event(
                    void, sequence, number=event.number, device=self.device, epoch=epoch
                )
            case Bad():
                return b'{"bad":true}'

    def _elsewhere(self, event: bytes, epoch: str) -> bytes:
        event = event.replace(SHOP.prefix.encode(), self.device.prefix.encode())
        return event.replace(EPOCH.encode(), epoch.encode())

    def outcomes(self) -> dict[tuple[str, int], str]:
        return {
            (epoch, sequence): outcome
            for epoch in EPOCHS
            for first, last, outcome in self.ledger.runs(epoch, device=self.device)
            for sequence in range(first, last + 1)
        }

    def entries(self) -> list[tuple[bytes, bool, int | None]]:
        bodies = self.ledger.bodies(self.start)
        return [
            (body, entry.conflict, entry.supersedes and entry.supersedes - self.start)
            for body, entry in zip(bodies, self.ledger.entries(self.start), strict=True)
        ]


@pytest.fixture(scope="module")
def ledger(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LedgerPremises]:
    premises = LedgerPremises(tmp_path_factory.mktemp("ledger"), databases)
    yield premises
    premises.close()


NUMBERS = count(1)


@settings(max_examples=40, deadline=None)
@given(history=histories)
def test_the_journal_agrees_with_the_model(
    ledger: LedgerPremises, history: list[list[Batch]]
) -> None:
    world, model = World(ledger, next(NUMBERS)), Model()
    first_bytes: dict[Event, bytes] = {}
    for group in history:
        appended = world.arrive(group)
        model.group(group)
        for batch in group:
            for sequence, event in enumerate(batch.events, batch.first):
                first_bytes.setdefault(event, world.bytes_of(event, sequence, batch.epoch))
        _check_answers(appended, group, model, world)
    assert world.outcomes() == model.outcomes
    assert world.entries() == [
        (first_bytes[event], conflict, supersedes) for event, conflict, supersedes in model.entries
    ]


def _check_answers(appended: Appended, group: list[Batch], model: Model, world: World) -> None:
    arrived: dict[str, set[int]] = defaultdict(set)
    for batch in group:
        arrived[batch.epoch].update(range(batch.first, batch.first + len(batch.events)))
    answers = {one.ack.epoch: one.ack for one in appended.acknowledgements}
    assert {epoch: from_sequences(ones) for epoch, ones in arrived.items()} == {
        epoch: ack.settled for epoch, ack in answers.items()
    }
    assert {epoch for epoch, ack in answers.items() if ack.rehome} == model.rehome
    truth = world.outcomes()
    for epoch, ack in answers.items():
        assert all((epoch, n) in truth for first, last in ack.settled for n in range(first, last))
        bad = {
            sequence
            for batch in group
            if batch.epoch == epoch
            for sequence, event in enumerate(batch.events, batch.first)
            if isinstance(event, Bad)
        }
        assert {one.sequence for one in ack.rejected} == bad


@settings(max_examples=20, deadline=None)
@given(history=histories)
def test_ingesting_twice_equals_once(ledger: LedgerPremises, history: list[list[Batch]]) -> None:
    world = World(ledger, next(NUMBERS))
    for group in history:
        world.arrive(group)
    once = (world.entries(), world.outcomes())
    for group in history:
        again = world.arrive(group)
        assert (again.accepted, again.conflicts, again.buried) == (0, 0, 0)
    assert (world.entries(), world.outcomes()) == once


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_neither_order_nor_grouping_nor_repetition_changes_what_is_kept(
    ledger: LedgerPremises, data: st.DataObject
) -> None:
    stream = data.draw(
        st.lists(
            st.one_of(st.builds(Sale, st.integers(1, 99), st.just(100)), st.just(Bad())),
            min_size=LAST,
            max_size=LAST,
        )
    )
    cuts = st.tuples(st.integers(0, LAST - 1), st.integers(1, LAST)).filter(lambda c: c[0] < c[1])
    pieces = data.draw(st.permutations([(0, LAST), *data.draw(st.lists(cuts, max_size=6))]))
    plain = World(ledger, next(NUMBERS))
    plain.arrive([Batch(EPOCH, 1, tuple(stream))])
    expected = sorted(_facts(plain)), set(plain.outcomes())
    shuffled = World(ledger, next(NUMBERS))
    for first, last in pieces:
        shuffled.arrive([Batch(EPOCH, first + 1, tuple(stream[first:last]))])
    assert (sorted(_facts(shuffled)), set(shuffled.outcomes())) == expected


class Foreseeing:
    """One journal that foresees groups while another thread would commit the one before.

    That commit happens before a group is looked up, after it, or, where something is sealed,
    between the look and the decision.
    """

    def __init__(self, ledger: LedgerPremises) -> None:
        self._due: Callable[[], object] = bool
        sealer = Sealer(ledger.keyring, self._random)
        self._other = ledger.journal
        self._journal = Journal(ledger.engine, sealer, ledger.dead_letters, ledger.clock)

    def arrive(self, readings: Sequence[Reading], when: str, worker: str) -> None:
        """Foresee a group, at last commit the one before, and leave this one's commit due."""
        if when in ("not", "after"):
            self.settle()
        foresight = self._journal.foresee(readings) if when != "not" else None
        self.settle()
        if worker == "another":
            self._due = lambda: self._other.commit(readings)
        else:
            self._due = lambda: self._journal.commit(readings, foresight)

    def settle(self) -> None:
        """Commit what is due."""
        due, self._due = self._due, bool
        due()

    def _random(self, count: int) -> bytes:
        self.settle()
        return os.urandom(count)


moments = st.sampled_from(["not", "before", "after", "after"])
workers = st.sampled_from(["this", "this", "this", "another"])


@settings(max_examples=60, deadline=None)
@given(data=st.data(), history=histories)
def test_what_was_foreseen_when_changes_nothing(
    ledger: LedgerPremises, data: st.DataObject, history: list[list[Batch]]
) -> None:
    plain, foreseen, journal = (
        World(ledger, next(NUMBERS)),
        World(ledger, next(NUMBERS)),
        Foreseeing(ledger),
    )
    for group in history:
        plain.arrive(group)
    expected = [entry[1:] for entry in plain.entries()], plain.outcomes(), _facts(plain)
    foreseen.start = ledger.journal.head()
    for group in history:
        arrivals = [ledger.arrival(foreseen.payload(one), foreseen.device) for one in group]
        readings = [read_arrival(one) for one in arrivals]
        journal.arrive(readings, data.draw(moments), data.draw(workers))
    journal.settle()
    found = [entry[1:] for entry in foreseen.entries()], foreseen.outcomes(), _facts(foreseen)
    assert found == expected


def _facts(world: World) -> list[tuple[str | None, bool]]:
    return [(entry.natural_key, entry.conflict) for entry in world.ledger.entries(world.start)]

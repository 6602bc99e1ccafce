"""A device's life against a cloud that remembers: in the end the ledger has every event, unchanged.

The till sells, batches travel, acknowledgements are lost, the process is killed, yesterday's disk
image is put back, the disk is copied and two boxes sell on from there, the ledger is restored from
a backup, with or without a word. Whatever the order: what the present disks ever took in is in the
ledger once the line has been good for long enough, and no sequence of an epoch ever named two
events.
"""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from agent.outbox import Draft, Lease, Outbox
from models.wire.events.device import EpochClosed
from models.wire.ids import EventId
from models.wire.topics import Stream
from tests.simulators.outbox_parts import plain, take
from tests.simulators.owing_device import OwingDevice


class DeviceLife(OwingDevice):
    """One device, one ledger, and everything that goes wrong between them."""

    @initialize()
    def begin(self) -> None:
        self.bodies: dict[str, bytes] = {}
        self.sold = 0
        self.now_s = 0.0
        self.late: list[tuple[int, Lease]] = []
        super().begin()

    def opened(self, path: Path) -> Outbox:
        return Outbox.open(
            path,
            self.premises.sealer,
            clock=self.premises.clock,
            random=self.premises.random,
            compose_closed=self._compose_closed,
            compose_void=self.premises.compose_void,
        )

    def _compose_closed(self, closed: EpochClosed) -> Draft:
        return self._remember(self.premises.compose_closed(closed))

    def _remember(self, draft: Draft) -> Draft:
        self.bodies[draft.event_id] = draft.body
        if hasattr(self, "box"):
            self.captured.add(draft.event_id)
        return draft

    @rule(stream=st.sampled_from([Stream.SALE, Stream.MEMBER]), count=st.integers(1, 4))
    def sell(self, stream: Stream, count: int) -> None:
        self._sell(stream, count)

    def _sell(self, stream: Stream, count: int) -> None:
        drafts = []
        for _ in range(count):
            self.sold += 1
            event_id = EventId(f"{stream}-{self.sold}")
            drafts.append(self._remember(Draft(event_id, b'{"id":"%b"}' % event_id.encode())))
        self.outbox.append(stream, drafts)

    @rule()
    def connect(self) -> None:
        super().connect()

    @rule()
    def connect_unanswered(self) -> None:
        self.ask(self.be_born())
        self.box.welcomed = False

    @precondition(lambda self: self.other is None)
    @rule()
    def copy_disk(self) -> None:
        super().copy_disk()

    @precondition(lambda self: self.other is not None)
    @rule()
    def turn_to_the_other(self) -> None:
        super().turn_to_the_other()

    @precondition(lambda self: self.other is not None)
    @rule(arrivals=st.lists(st.booleans(), min_size=1, max_size=4))
    def sell_in_turns(self, arrivals: list[bool]) -> None:
        """Chance alone would seldom have both sell under one number."""
        for arrives in arrivals:
            super().turn_to_the_other()
            super().connect()
            self._sell(Stream.SALE, 1)
            self._send(Stream.SALE, 5, 1, arrives=arrives, answer="late")

    @precondition(lambda self: self.welcomed)
    @rule(
        stream=st.sampled_from([Stream.SALE, Stream.MEMBER]),
        most=st.integers(1, 5),
        first=st.integers(1, 10),
        arrives=st.sampled_from([True, True, False]),
        answer=st.sampled_from(["in time", "late", "lost"]),
    )
    def send(self, stream: Stream, most: int, first: int, *, arrives: bool, answer: str) -> None:
        self._send(stream, most, first, arrives=arrives, answer=answer)

    def _send(self, stream: Stream, most: int, first: int, *, arrives: bool, answer: str) -> None:
        lease = take(self.outbox, stream, max_events=most, first=first, now_s=self.now_s)
        if lease is None:
            return
        if arrives:
            self.ledger.receive(lease)
        if arrives and answer == "late":
            self.late.append((self.ledger.generation, lease))
        if arrives and answer == "in time":
            self.acknowledge(lease)
        else:
            self.outbox.release(lease)

    @precondition(lambda self: self.late and self.welcomed)
    @rule(data=st.data())
    def hear_a_late_answer(self, data: st.DataObject) -> None:
        """The broker keeps one session for the name, so it may have been meant for the other."""
        generation, lease = self.late.pop(data.draw(st.integers(0, len(self.late) - 1)))
        if generation != self.ledger.generation:
            return
        self.acknowledge(lease)
        if self.outbox.astray:
            self.outbox.rehome("test")
            super().connect()

    @rule()
    def housekeep(self) -> None:
        self.outbox.housekeep(dict.fromkeys(Stream, 7 * 86400.0))

    def teardown(self) -> None:
        if not hasattr(self, "outbox"):
            return
        self.drain((Stream.SALE, Stream.MEMBER), self.now_s + 1000)
        captured, imagined = set(self.captured), self.imagined()
        if self.other is not None:
            super().turn_to_the_other()
            self.drain((Stream.SALE, Stream.MEMBER), self.now_s + 1000)
            captured |= self.captured
            imagined += self.imagined()
        lost = {one for one in captured if self._arrived(one) != self.bodies[one]}
        self.leave()
        assert not lost
        assert not imagined, "only what the ledger holds was acknowledged"

    def _arrived(self, event_id: str) -> bytes | None:
        event = self.ledger.events.get(event_id)
        return event and plain(event)


DeviceLife.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestNothingIsLostInALife = DeviceLife.TestCase

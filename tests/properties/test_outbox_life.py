"""A device's life against a cloud that remembers: in the end the ledger has every event, unchanged.

The till sells, batches travel, acknowledgements are lost, the process is killed, yesterday's disk
image is put back, the ledger is restored from a backup, with or without a word. Whatever the
order: what the present disk ever took in is in the ledger once the line has been good for long
enough, and no sequence of an epoch ever named two events.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from agent.outbox import Draft, Outbox
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
        super().begin()

    def opened(self) -> Outbox:
        return Outbox.open(
            self.premises.path,
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
        self.captured.add(draft.event_id)
        return draft

    @rule(stream=st.sampled_from([Stream.SALE, Stream.MEMBER]), count=st.integers(1, 4))
    def sell(self, stream: Stream, count: int) -> None:
        drafts = []
        for _ in range(count):
            self.sold += 1
            event_id = EventId(f"{stream}-{self.sold}")
            drafts.append(self._remember(Draft(event_id, b'{"id":"%b"}' % event_id.encode())))
        self.outbox.append(stream, drafts)

    @rule()
    def connect(self) -> None:
        super().connect()

    @precondition(lambda self: self.welcomed)
    @rule(
        stream=st.sampled_from([Stream.SALE, Stream.MEMBER]),
        most=st.integers(1, 5),
        first=st.integers(1, 10),
        arrives=st.sampled_from([True, True, False]),
        acknowledged=st.booleans(),
    )
    def send(
        self, stream: Stream, most: int, first: int, *, arrives: bool, acknowledged: bool
    ) -> None:
        lease = take(self.outbox, stream, max_events=most, first=first, now_s=self.now_s)
        if lease is None:
            return
        if arrives:
            self.ledger.receive(lease)
        if arrives and acknowledged:
            self.acknowledge(lease)
        else:
            self.outbox.release(lease)

    @rule()
    def housekeep(self) -> None:
        self.outbox.housekeep(dict.fromkeys(Stream, 7 * 86400.0))

    def teardown(self) -> None:
        if not hasattr(self, "outbox"):
            return
        self.drain((Stream.SALE, Stream.MEMBER), self.now_s + 1000)
        lost = {one for one in self.captured if self._arrived(one) != self.bodies[one]}
        imagined = self.imagined()
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

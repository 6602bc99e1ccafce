"""A head office in memory: answers births, settles batches, and remembers every event by its id.

It stands on the simulated broker, or on a real one, and keeps the wire contract, so that the
agent's sync can be tested without a cloud. ``silent`` makes it take events and say nothing,
``refuse_body_of`` plays a damaged batch, ``settled`` may be preset to play a ledger that is ahead,
or emptied to play one that was put back; ``repeat_welcomes`` plays a worker that starts again.
``operator_key`` makes the key that welcomes bring; at first it is that of a cloud of before.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Protocol

import msgspec

from agent.sync.transport import Connection, Message, Transport
from cloud.devices.lineage import is_forked
from cloud.ledger.promised import missing
from models.wire.ack import Ack, EpochSettled, Reason, Refusal, Rejection, Welcome
from models.wire.birth import Birth, decode_birth
from models.wire.codec import Codec
from models.wire.envelope import open_envelope
from models.wire.ids import DevicePath
from models.wire.ranges import RangeSet
from models.wire.topics import Down, Stream, Up, down, parse_up, up, worker_filters
from models.wire.twin import Reported, decode_reported

NAME, PASSWORD = "_cloud-office", "office"


class Switchboard(Protocol):
    """Any broker: who logs in may speak."""

    def transport(self, client: str, password: str) -> Transport:
        """A transport that logs in as this client."""
        ...


class HeadOffice:
    """The cloud's half of the contract, for tests of the other half."""

    def __init__(self, broker: Switchboard, ledger: str = "ledger-1") -> None:
        self.ledger = ledger
        self.silent = False
        self.refuse_body_of: set[str] = set()
        self.reject: set[str] = set()
        self.rehome_next: str | None = None
        self.settled: dict[tuple[str, str], RangeSet] = defaultdict(RangeSet)
        self.received: Counter[str] = Counter()
        self.order: list[tuple[str, int, bool]] = []
        self.births = 0
        self.operator_key: Callable[[DevicePath, Birth], str] = lambda _device, _birth: ""
        self.forgotten = 0
        self._one_at_a_time = threading.RLock()  # a welcome is never older than the last answer
        self._last_births: dict[str, str] = {}
        self._retained: dict[DevicePath, bytes] = {}
        self.twins: list[Reported] = []
        self._codec = Codec()
        self._connection: Connection = broker.transport(NAME, PASSWORD).open(
            worker_filters(), Message("lk1/office/will", b""), self
        )

    def arrived(self, topic: str, payload: bytes) -> None:
        """Listener: a device spoke."""
        with self._one_at_a_time:
            self._answer(topic, payload)

    def _answer(self, topic: str, payload: bytes) -> None:
        said = parse_up(topic)
        if isinstance(said.branch, Stream):
            answer: Ack | Welcome | None = self._settle(payload)
        elif said.branch is Up.BIRTH:
            self._retained[said.device] = payload
            answer = self._welcome(said.device, payload)
        else:
            answer = None
            if said.branch is Up.TWIN:
                self.twins.append(decode_reported(payload))
        if answer is not None and not self.silent:
            self._say(said.device, answer)

    def repeat_welcomes(self) -> None:
        """Answer every device's last birth once more, as after hearing it again, retained.

        The births come through the broker, and nothing is held meanwhile: a broker that delivers
        on the publisher's thread would wait for us while we wait for it.
        """
        with self._one_at_a_time:
            births = list(self._retained.items())
        for device, birth in births:
            self._connection.publish(Message(up(device, Up.BIRTH), birth))

    def _say(self, device: DevicePath, answer: Ack | Welcome) -> None:
        self._connection.publish(Message(down(device, Down.ACK), msgspec.json.encode(answer)))

    def lost(self, reason: str) -> None:
        """Listener: our own line broke."""

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _welcome(self, device: DevicePath, payload: bytes) -> Welcome:
        self.births += 1
        epochs: dict[str, dict[str, list[tuple[int, int]]]] = defaultdict(dict)
        for (epoch, stream), ranges in self.settled.items():
            epochs[epoch][stream] = list(ranges)
        listed = [EpochSettled(epoch, streams) for epoch, streams in epochs.items()]
        birth = decode_birth(payload)
        lacks = missing(birth.acknowledged, listed)
        self.forgotten += bool(lacks)
        return Welcome(
            ledger=self.ledger,
            birth=birth.birth,
            epochs=listed,
            forked=self._claim(birth),
            missing=lacks,
            operator_key=self.operator_key(device, birth),
        )

    def _claim(self, birth: Birth) -> list[str]:
        """The birth's epochs that are another copy's; the present one is this one's otherwise."""
        said, epoch = birth.said, birth.epochs[0].epoch
        forked = [each for each in said if is_forked(self._last_births.get(each), said[each])]
        if epoch not in forked and birth.birth in said.get(epoch, []):
            self._last_births[epoch] = birth.birth
        return forked

    def _settle(self, payload: bytes) -> Ack:
        batch = self._codec.decode(payload)
        header = batch.header
        key = (header.epoch, header.stream)
        envelopes = [open_envelope(event) for event in batch.events]
        poisoned = [e.id for e in envelopes if e.id in self.refuse_body_of]
        if poisoned and header.count > 1:
            refusal = Refusal(header.first, header.count, Reason.UNREADABLE_BODY)
            return Ack(ledger=self.ledger, epoch=key[0], stream=key[1], refused=[refusal])
        rejected = []
        for envelope in envelopes:
            sequence = int(envelope.sequence)
            self.order.append((header.stream, sequence, envelope.historical))
            if poisoned or envelope.id in self.reject:
                rejected.append(Rejection(sequence, Reason.MALFORMED))
            else:
                self.received[envelope.id] += 1
            self.settled[key].add(sequence, sequence)
        rehome, self.rehome_next = self.rehome_next, None
        return Ack(
            ledger=self.ledger,
            epoch=key[0],
            stream=key[1],
            settled=[(header.first, header.last)],
            rejected=rejected,
            rehome=rehome,
        )

"""An outbox in a folder of its own, with keys and a clock set by hand, and sales to put into it."""

from __future__ import annotations

import os
import random
import tempfile
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
from prometheus_client import CollectorRegistry

from agent.outbox import Draft, Lease, Outbox, Thrift
from models.runtime.clock import Clock
from models.vault.keyring import Keyring
from models.vault.master import MasterKey
from models.vault.seal import Sealer
from models.wire.envelope import Moment, compose, open_envelope
from models.wire.events.device import EpochClosed, RangeVoid
from models.wire.ids import EventId, uuid7
from models.wire.personal import personal_spans
from models.wire.registry import EPOCH_CLOSED, RANGE_VOID, SALE_RECORDED, EventData, EventType
from models.wire.topics import Stream
from tests.simulators.clocks import HandClock
from tests.simulators.facts import NOON, SHOP, a_sale, composed

LEASE_S = 10.0


def a_draft(number: int = 1, *, phone: str | None = None, lines: int = 2) -> Draft:
    """A composed sale; the same number makes the same event."""
    sale = a_sale(number, phone=phone, lines=lines)
    event_id, body = composed(sale)
    spans = personal_spans(SALE_RECORDED, msgspec.json.encode(sale))
    return Draft(EventId(event_id), body, spans)


def some_drafts(count: int, first: int = 1) -> list[Draft]:
    """Consecutive sales."""
    return [a_draft(number) for number in range(first, first + count)]


def bulk(stored_bytes: int) -> bytes:
    """Letters that take so many bytes where they are stored: nothing in them repeats."""
    return b64encode(random.Random(stored_bytes).randbytes(stored_bytes))


def plain(event: bytes) -> bytes:
    """A leased event without its stamp: what its draft's body must be."""
    return event[: event.rindex(b',"epoch":')] + b"}"


def ids_of(lease: Lease | None) -> list[str]:
    """The ids of a lease's events, in order; none for no lease."""
    return [open_envelope(event).id for event in lease.events] if lease else []


@dataclass(slots=True)
class Premises:
    """A shop's data folder, and its keys apart from it.

    ``copy`` is a disk image: what a kill -9 leaves, what yesterday's backup holds, what a cloned
    disk brings to another till. Both share the keys, as one device does.
    """

    folder: Path
    clock: Clock = field(default_factory=HandClock)
    random: Callable[[int], bytes] = field(default_factory=lambda: random.Random(7).randbytes)
    thrift: Thrift = field(default_factory=Thrift)
    sealer: Sealer = field(init=False)
    keyring: Keyring = field(init=False)

    def __post_init__(self) -> None:
        """Make the keys."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.keyring = Keyring(self.folder / "keys" / "ring.sqlite3", MasterKey(bytes(32)))
        self.sealer = Sealer(self.keyring, self.random)

    @property
    def path(self) -> Path:
        """The outbox's file."""
        return self.folder / "data" / "outbox.sqlite3"

    def open(self, path: Path | None = None) -> Outbox:
        """Open the outbox, or one of its copies."""
        return Outbox.open(
            path or self.path,
            self.sealer,
            clock=self.clock,
            random=self.random,
            compose_closed=self.compose_closed,
            compose_void=self.compose_void,
            thrift=replace(self.thrift, registry=CollectorRegistry()),
        )

    def copy(self, name: str, path: Path | None = None) -> Path:
        """The file (or one of its copies) and its log as they are now, in another folder."""
        path = path or self.path
        copied = self.folder / name / path.name
        copied.parent.mkdir()
        for suffix in ("", "-wal"):
            source = path.with_name(path.name + suffix)
            if source.exists():
                copied.with_name(source.name).write_bytes(source.read_bytes())
        return copied

    def compose_closed(self, closed: EpochClosed) -> Draft:
        """The event that announces a closed epoch, as the agent composes it."""
        return self._compose(EPOCH_CLOSED, closed)

    def compose_void(self, void: RangeVoid) -> Draft:
        """The event that announces what will never come, as the agent composes it."""
        return self._compose(RANGE_VOID, void)

    def _compose(self, kind: EventType, data: EventData) -> Draft:
        event_id = uuid7(1, self.random(10))
        moment = Moment(NOON, 1, "boot-1")
        body = compose(device=SHOP, event_id=event_id, kind=kind, data=data, at=moment)
        return Draft(event_id, body)

    def close(self) -> None:
        """Close the keys."""
        self.keyring.close()


def fast_folder() -> Path:
    """A folder in memory where there is one: laws of order need no disk, and tests are many."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else None))


def take(
    outbox: Outbox,
    stream: Stream = Stream.SALE,
    *,
    max_events: int = 100,
    now_s: float = 0.0,
    first: int = 1,
    last: int | None = None,
) -> Lease | None:
    """A lease with ordinary bounds."""
    return outbox.lease(
        stream,
        max_events=max_events,
        max_bytes=1 << 20,
        now_s=now_s,
        lease_s=LEASE_S,
        first=first,
        last=last,
    )

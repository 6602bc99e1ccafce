"""A real broker behind a thin line: nothing goes twice, and a fresh sale overtakes the backlog."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import monotonic, perf_counter

import pytest

from agent.outbox import Draft, Outbox
from agent.sync.connection import PahoConnection
from agent.sync.egress import Limits
from agent.sync.link import Link
from agent.sync.mqtt import PahoTransport
from agent.sync.transport import Connection, Listener, Message, Receipt, Transport
from models.runtime.clock import SystemClock
from models.wire.ids import EventId
from models.wire.topics import Stream
from tests.simulators.facts import SHOP, a_sale, composed
from tests.simulators.head_office import NAME, HeadOffice
from tests.simulators.impairment import BadLine, Quality
from tests.simulators.known_logins import device, logins_of, worker
from tests.simulators.mosquitto import mosquitto
from tests.simulators.outbox_parts import Premises
from tests.simulators.processes import eventually
from tests.simulators.shop_line import WatchedOutbox, a_link, paho_transport
from tests.simulators.slow_broker import SlowReceipt
from tests.simulators.wayward_lines import PassedOn

OFFICE, TILL = worker(NAME), device(SHOP.device, store=SHOP.store, tenant=SHOP.tenant)

THIN = Quality(bytes_per_s=100_000)
EVENT_BYTES, EVENTS, PER_BATCH = 4_000, 240, 4
RESEND_S = 4.0
"""Far less than the 9.6 s that the backlog takes on the line: what waits for it must not count."""

SOON_S = 4.0
"""A window of 64 KiB passes in 0.7 s; the rest is for a busy machine."""


@dataclass
class Exchange:
    """A Mosquitto as ``HeadOffice`` wants it."""

    address: tuple[str, int]

    def transport(self, client: str, password: str) -> PahoTransport:
        del client, password
        return paho_transport(self.address, SHOP, OFFICE.secret, name=NAME)


def a_bulky_sale(number: int, random: Random) -> Draft:
    """A sale that does not compress below EVENT_BYTES."""
    name = random.randbytes(EVENT_BYTES).hex()
    event_id, body = composed(a_sale(number, phone="+8613800000000", family_name=name))
    return Draft(EventId(event_id), body)


@contextmanager
def a_shop(folder: Path) -> Iterator[Outbox]:
    premises = Premises(folder, clock=SystemClock())
    outbox = premises.open()
    yield outbox
    outbox.close()
    premises.close()


@contextmanager
def running(link: Link) -> Iterator[None]:
    link.start()
    yield
    link.stop()


@pytest.mark.broker
def test_on_a_thin_line_nothing_goes_twice_and_a_fresh_sale_overtakes_the_backlog(
    tmp_path: Path,
) -> None:
    random = Random(5)
    limits = Limits(batch_events=PER_BATCH, resend_after_s=RESEND_S, window_bytes=64 * 1024)
    with (
        mosquitto(tmp_path, logins_of(OFFICE, TILL)) as broker,
        BadLine(broker.address) as line,
        a_shop(tmp_path / "shop") as outbox,
    ):
        office = HeadOffice(Exchange(broker.address))
        outbox.append(Stream.SALE, [a_bulky_sale(n, random) for n in range(1, EVENTS + 1)])
        line.impair(up=THIN)
        watched = WatchedOutbox(outbox)
        link = a_link(
            watched, paho_transport(line.address, SHOP, TILL.secret), SHOP, tmp_path, limits=limits
        )
        with running(link):
            assert eventually(lambda: len(watched.settled_at) >= 4 * PER_BATCH)
            event_id, body = composed(a_sale(EVENTS + 1))
            [fresh] = outbox.append(Stream.SALE, [Draft(EventId(event_id), body)])
            sold_s = perf_counter()
            assert eventually(lambda: fresh.sequence in watched.settled_at)
            assert fresh.sequence is not None
            assert watched.settled_at[fresh.sequence] - sold_s < SOON_S
            assert len(watched.settled_at) < EVENTS, "the backlog still drains"
            assert eventually(lambda: len(watched.settled_at) == EVENTS + 1, 60)
        assert set(office.received.values()) == {1}, "every event went once"
        assert len(office.received) == EVENTS + 1
        office.close()


@dataclass
class MuteLine:
    """The agent's transport, on which no batch is ever confirmed while it is mute."""

    inner: Transport
    mute: bool = True
    opened: int = 0

    def open(self, filters: Sequence[str], will: Message, listener: Listener) -> Connection:
        self.opened += 1
        connection = self.inner.open(filters, will, listener)
        assert isinstance(connection, PahoConnection)
        return MuteConnection(connection, self)


@dataclass
class MuteConnection(PassedOn):
    """One connection of it: batches vanish, and their PUBACKs with them; the rest passes."""

    line: MuteLine

    def publish(self, message: Message) -> Receipt:
        if self.line.mute and message.topic.endswith("/up/sale"):
            return SlowReceipt()
        return self.inner.publish(message)


@pytest.mark.broker
def test_a_broker_that_never_confirms_is_left_and_what_it_had_goes_over_the_next_connection(
    tmp_path: Path,
) -> None:
    limits = Limits(confirm_within_s=0.3)
    with (
        mosquitto(tmp_path, logins_of(OFFICE, TILL)) as broker,
        a_shop(tmp_path / "shop") as outbox,
    ):
        office = HeadOffice(Exchange(broker.address))
        mute = MuteLine(paho_transport(broker.address, SHOP, TILL.secret))
        event_id, body = composed(a_sale(1))
        outbox.append(Stream.SALE, [Draft(EventId(event_id), body)])
        began_s = monotonic()
        with running(a_link(outbox, mute, SHOP, tmp_path, limits=limits)):
            assert eventually(lambda: mute.opened >= 2)
            assert monotonic() - began_s >= 0.3
            mute.mute = False
            assert eventually(lambda: office.received[event_id] == 1)
        office.close()

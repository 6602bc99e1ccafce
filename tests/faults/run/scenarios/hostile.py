"""A hostile device with a good login: whatever it sends, its neighbours are served."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Final

import paho.mqtt.client as paho
import zstandard
from paho.mqtt.enums import CallbackAPIVersion

from cloud.ingest.alarms import AlarmKind
from models.wire.codec import Codec
from models.wire.ids import DevicePath, device_id, store_id, tenant_id
from models.wire.topics import Stream, Up, up
from tests.faults.run.premises import Premises
from tests.faults.run.scenario import NotShown, Result, Setting
from tests.faults.run.shop_floor import PLAN
from tests.simulators.demo.stage import TENANT, ShopPlan
from tests.simulators.facts import EPOCH, a_batch, a_sale, stamped
from tests.simulators.processes import eventually

HOSTILE = ShopPlan("sh-0666", "恶意店", "Asia/Shanghai", "CNY", "lianke-till")
OURS: Final = DevicePath(tenant_id(TENANT), store_id(HOSTILE.store), device_id(HOSTILE.device))
VICTIM: Final = DevicePath(tenant_id(TENANT), store_id(PLAN.store), device_id(PLAN.device))
SENT_S: Final = 60.0
OUR_SALES: Final = up(OURS, Stream.SALE)
OLD_EPOCH: Final = "0" * 31 + "1"
DEEP: Final = 50_000
NESTED: Final = 900
OVERSIZED_BYTES: Final = 600_000
BOMB_BYTES: Final = 16_000_000
REPLAYS: Final = 5


def play(setting: Setting) -> Result:
    """Each message is its own kind of poison; the neighbour sells all the while."""
    with Premises(setting, sales=120, neighbours=(HOSTILE,)) as here:
        here.due = frozenset({AlarmKind.DEAD_LETTERS, AlarmKind.REFUSALS_WITHHELD})
        worker = here.cloud.ingest
        assert worker is not None
        with here.selling(1) as faults, _attacker(here) as attacker:
            next(faults)
            sent = [
                attacker.publish(topic, payload, qos=1)
                for topic, payload in _poison(setting.random, setting.faults)
            ]
            if not eventually(lambda: all(each.is_published() for each in sent), SENT_S):
                raise NotShown("the poison was not delivered")
        found = here.census()
        if not worker.running:
            raise NotShown(f"ingest ended because of one device:\n{worker.last_words()}")
        letters = here.cloud.administration.status()["ledger"]["dead_letters"]
        setting.tell(f"{letters} dead letters of {len(sent)} hostile messages")
        if not letters:
            raise NotShown("nothing was refused")
        return Result(len(sent), found)


@contextmanager
def _attacker(here: Premises) -> Iterator[paho.Client]:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=OURS.device)
    client.username_pw_set(OURS.device, here.cloud.secrets[HOSTILE.store])
    client.connect(*here.cloud.broker.address)
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def _poison(random: Random, count: int) -> Iterator[tuple[str, bytes]]:
    """Every kind of hostile message in turn."""
    for number in range(1, count + 1):
        make = KINDS[number % len(KINDS)]
        yield make(number, random)


def _noise(_number: int, random: Random) -> tuple[str, bytes]:
    return OUR_SALES, random.randbytes(random.randint(0, 2_000))


def _deep(number: int, _random: Random) -> tuple[str, bytes]:
    return OUR_SALES, b'{"v":%d,"events":' % number + b"[" * DEEP + b"]" * DEEP + b"}"


def _deep_event(number: int, _random: Random) -> tuple[str, bytes]:
    event = b'{"id":"%d","deep":' % number + b"[" * NESTED + b"]" * NESTED + b"}"
    return OUR_SALES, Codec().encode(EPOCH, "sale", number, [event])


def _oversized(number: int, _random: Random) -> tuple[str, bytes]:
    return OUR_SALES, b'{"v":%d,' % number + b'"a":1,' * (OVERSIZED_BYTES // 6) + b'"b":1}'


def _bomb(number: int, _random: Random) -> tuple[str, bytes]:
    return OUR_SALES, zstandard.compress(b"%d" % number + bytes(BOMB_BYTES))


def _foreign_source(number: int, _random: Random) -> tuple[str, bytes]:
    event = stamped(a_sale(number), number, VICTIM)
    return OUR_SALES, Codec().encode(EPOCH, "sale", number, [event])


def _foreign_key(number: int, _random: Random) -> tuple[str, bytes]:
    """A transaction that claims to be the neighbour's."""
    return OUR_SALES, a_batch([a_sale(number, store=PLAN.store)], number, OURS)


def _foreign_topic(number: int, _random: Random) -> tuple[str, bytes]:
    return up(VICTIM, Stream.SALE), a_batch([a_sale(number)], number, VICTIM)


def _replayed(number: int, _random: Random) -> tuple[str, bytes]:
    """Batches of an old epoch, again and again."""
    old = 1 + number % REPLAYS
    return OUR_SALES, a_batch([a_sale(old, store=HOSTILE.store)], old, OURS, OLD_EPOCH)


def _beyond_numbers(number: int, _random: Random) -> tuple[str, bytes]:
    event = stamped(a_sale(number), number, OURS)
    return OUR_SALES, Codec().encode(EPOCH, "sale", (1 << 63) + number, [event])


def _last_numbers(number: int, _random: Random) -> tuple[str, bytes]:
    """At the very end of what a database can number: a neighbour of it has no number at all."""
    last = (1 << 63) - 1
    return OUR_SALES, Codec().encode(EPOCH, "sale", last, [stamped(a_sale(number), last, OURS)])


def _torn(number: int, random: Random) -> tuple[str, bytes]:
    """A good batch with some bytes changed."""
    batch = bytearray(a_batch([a_sale(number, store=HOSTILE.store)], number, OURS))
    for _ in range(5):
        batch[random.randrange(len(batch))] ^= 1 << random.randrange(8)
    return OUR_SALES, bytes(batch)


def _birth(_number: int, random: Random) -> tuple[str, bytes]:
    return up(OURS, Up.BIRTH), random.randbytes(64)


def _twin(_number: int, _random: Random) -> tuple[str, bytes]:
    return up(OURS, Up.TWIN), b"[" * DEEP


KINDS: Final = (
    *(_noise, _deep, _deep_event, _oversized, _bomb, _foreign_source, _foreign_key),
    *(_foreign_topic, _replayed, _beyond_numbers, _last_numbers, _torn, _birth, _twin),
)

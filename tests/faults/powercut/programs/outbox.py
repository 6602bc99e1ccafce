"""The product's outbox and its keys: append, lease, settle, re-home."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from random import Random

from agent.errors import AgentError
from agent.outbox import Inspection, Outbox
from models.runtime.logs import configure
from models.vault.errors import VaultError
from models.wire.envelope import open_envelope
from models.wire.registry import SALE_RECORDED
from models.wire.topics import Stream
from tests.faults.powercut.scenario import Damaged, promise, release
from tests.faults.powercut.victim import say_ready
from tests.simulators.outbox_parts import Premises, a_draft, ids_of, take

PHONES = b"1380013"
"""How every customer's number begins, as it stands in an event whose seals are open."""


def work(folder: Path, life: int) -> None:
    """Append sales for ever, promise each, settle some."""
    configure("ERROR")
    random = Random(life)
    outbox = Premises(folder, random=os.urandom).open()
    say_ready()
    number = life * 1_000_000
    while True:
        count = random.choice([1, 1, 1, 5])
        drafts = [a_draft(each, phone=phone(each)) for each in range(number, number + count)]
        promise([f"{one.event_id}" for one in outbox.append(Stream.SALE, drafts)])
        number += count
        if random.random() < 0.3:
            _settle_some(outbox)
        if random.random() < 0.02:
            outbox.rehome("test")


def phone(number: int) -> str:
    """An invented phone of mainland China; nearly every sale is of a new customer, with a key."""
    return f"{PHONES.decode()}{number % 10_000:04}"


def _settle_some(outbox: Outbox) -> None:
    lease = take(outbox, max_events=3)
    if lease is not None:
        release(ids_of(lease))
        outbox.settle(lease.epoch, lease.stream, [(lease.first, lease.last)])


def there(folder: Path) -> set[str]:
    """The ids of the sales that can be sent, byte by byte as they were; raises Damaged."""
    try:
        with closing(Premises(folder, random=os.urandom)) as premises:
            with closing(premises.open()) as outbox:
                sendable = _sendable(outbox)
            with Inspection.open(premises.path) as inspection:
                findings = inspection.verify()
    except (AgentError, VaultError, sqlite3.Error) as error:
        raise Damaged(str(error)) from error
    if findings:
        raise Damaged(f"{findings}")
    return sendable


def _sendable(outbox: Outbox) -> set[str]:
    ids: set[str] = set()
    while lease := take(outbox, max_events=1000):
        for event in lease.events:
            envelope = open_envelope(event)
            ids.add(envelope.id)
            if envelope.type == SALE_RECORDED.name and PHONES not in event:
                raise Damaged(f"{envelope.id}: the key of its phone number is gone")
    return ids


if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]))

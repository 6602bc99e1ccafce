"""The guard against mass refusal, and the dead letters as an operator sees them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.errors import FaultyService, NotFound
from cloud.ingest.deadletters import DeadLetters
from cloud.ingest.guard import RefusalGuard, TooManyRefusals
from cloud.ledger.reading import read_arrival
from models.vault.blob import BlobSealer
from models.vault.master import MasterKey
from models.wire.ids import DeviceId, DevicePath
from models.wire.topics import Stream
from tests.simulators.databases import Databases
from tests.simulators.facts import NOON, SHOP, a_batch, a_sale
from tests.simulators.ledger_premises import LedgerPremises, a_payload

PHONE = "+8613911112222"
OTHER = DevicePath(SHOP.tenant, SHOP.store, DeviceId("sh-0001-pos2"))


def test_few_refusals_are_never_too_many() -> None:
    guard = RefusalGuard()
    assert not any(guard.note(SHOP, 1, 1) for _ in range(99))
    assert guard.note(SHOP, 1, 1) == TooManyRefusals(SHOP, refused=100, events=100)


def test_old_refusals_are_forgotten() -> None:
    guard = RefusalGuard()
    assert guard.note(SHOP, 99, 99) is None
    assert not any(guard.note(SHOP, 100, 0) for _ in range(6))
    assert guard.note(SHOP, 99, 99) is None


def test_half_of_them_may_be_refused_and_no_more() -> None:
    guard = RefusalGuard()
    assert guard.note(SHOP, 500, 250) is None
    assert guard.note(SHOP, 500, 251) == TooManyRefusals(SHOP, refused=251, events=500)


def test_after_an_alarm_the_window_begins_anew() -> None:
    guard = RefusalGuard()
    assert guard.note(SHOP, 100, 100)
    assert guard.note(SHOP, 99, 99) is None
    assert guard.note(SHOP, 1, 1) == TooManyRefusals(SHOP, refused=100, events=100)


def test_what_one_device_sends_is_not_counted_for_another() -> None:
    guard = RefusalGuard()
    assert guard.note(SHOP, 99, 99) is None
    assert guard.note(OTHER, 99, 99) is None
    assert guard.note(OTHER, 1, 1) == TooManyRefusals(OTHER, refused=100, events=100)


def test_only_devices_with_refusals_are_remembered_and_not_without_end() -> None:
    guard = RefusalGuard()
    for number in range(10_100):
        device = DevicePath(SHOP.tenant, SHOP.store, DeviceId(f"d{number}"))
        assert guard.note(device, 10, number % 2) is None
        assert guard.note(device, 0, 0) is None
    assert len(guard._windows) == 5_050
    for number in range(20_000):
        guard.note(DevicePath(SHOP.tenant, SHOP.store, DeviceId(f"e{number}")), 1, 1)
    assert len(guard._windows) == 10_000


def test_a_group_that_may_be_too_much_is_known_before_it_is_stored(ledger: LedgerPremises) -> None:
    guard = RefusalGuard(at_least=20)
    good, bad = (
        read_arrival(ledger.arrival(one))
        for one in (a_batch([a_sale(1)]), a_payload([b"{}"] * 10, 2))
    )
    refused, noise = (
        read_arrival(ledger.arrival(one))
        for one in (a_payload([b"{}", b"{}"], 2)[:-3] + b"]", b"noise")
    )
    assert not guard.nears([good, bad, refused] + [noise] * 9)
    assert guard.nears([good, bad, refused] + [noise] * 10)
    assert not guard.nears([good] * 30 + [bad, bad])


@pytest.fixture
def ledger(databases: Databases, tmp_path: Path) -> Iterator[LedgerPremises]:
    premises = LedgerPremises(tmp_path, databases)
    yield premises
    premises.close()


def letters_of(ledger: LedgerPremises) -> DeadLetters:
    return DeadLetters(ledger.engine, ledger.dead_letters, ledger.journal, ledger.clock)


def test_letters_are_listed_newest_first_without_their_content(ledger: LedgerPremises) -> None:
    ledger.append(b"noise")
    ledger.append(a_payload([b'{"phone":"%b"}' % PHONE.encode()], 3))
    newest, oldest = letters_of(ledger).recent()
    assert (newest.reason, oldest.reason) == ("malformed", "unreadable")
    assert (newest.device, newest.stream, newest.received_at) == (SHOP, Stream.SALE, NOON)
    assert PHONE not in repr((newest, oldest))
    assert PHONE.encode() not in ledger.at_rest()
    assert letters_of(ledger).recent(1) == [newest]


def test_an_opened_letter_shows_what_was_refused(ledger: LedgerPremises) -> None:
    event = b'{"phone":"%b"}' % PHONE.encode()
    ledger.append(a_payload([event]), b"\xff noise")
    opened = [letters_of(ledger).open(number) for number in (1, 2)]
    assert [list(one.events) for one in opened] == [["\\xff noise"], [event.decode()]]
    assert PHONE not in repr(opened)


def test_a_letter_still_refused_stays_and_changes_nothing(ledger: LedgerPremises) -> None:
    ledger.append(a_payload([b'{"a":1}']), b"noise")
    letters = letters_of(ledger)
    before = letters.recent()
    for letter in before:
        replayed = letters.replay(letter.id)
        assert (replayed.accepted, replayed.buried) == (0, 0)
    assert letters.recent() == before


def test_a_letter_that_is_not_there_is_not_found(ledger: LedgerPremises) -> None:
    with pytest.raises(NotFound, match="no dead letter 7"):
        letters_of(ledger).open(7)


def test_letters_open_only_under_their_own_master_key(ledger: LedgerPremises) -> None:
    ledger.append(b"noise")
    stranger = BlobSealer(MasterKey(b"x" * 32), "dead letters")
    letters = DeadLetters(ledger.engine, stranger, ledger.journal, ledger.clock)
    with pytest.raises(FaultyService, match="cannot be opened"):
        letters.open(1)

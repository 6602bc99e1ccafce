"""The guard against mass refusal, and the dead letters as an operator sees them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.errors import FaultyService, NotFound
from cloud.ingest.deadletters import DeadLetters
from cloud.ingest.guard import RefusalGuard
from models.vault.blob import BlobSealer
from models.vault.master import MasterKey
from models.wire.topics import Stream
from tests.simulators.facts import NOON, SHOP
from tests.simulators.ledger_premises import LedgerPremises, a_payload

PHONE = "+8613911112222"


def test_few_refusals_never_stop_ingest() -> None:
    guard = RefusalGuard()
    for _ in range(199):
        guard.note(1, 1)
    with pytest.raises(FaultyService, match="200 of the last 200 events"):
        guard.note(1, 1)


def test_old_refusals_are_forgotten() -> None:
    guard = RefusalGuard()
    guard.note(199, 199)
    for _ in range(20):
        guard.note(100, 0)
    guard.note(199, 199)


def test_half_of_them_may_be_refused_and_no_more() -> None:
    guard = RefusalGuard()
    guard.note(1000, 500)
    with pytest.raises(FaultyService, match="above 50%"):
        guard.note(1000, 501)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[LedgerPremises]:
    premises = LedgerPremises(tmp_path)
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

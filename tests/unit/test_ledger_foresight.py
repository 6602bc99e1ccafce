"""What was looked up before a group's turn never makes it judged by what is no longer true."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import Connection

from cloud.ledger.journal import Journal
from cloud.ledger.reading import Reading, read_arrival
from cloud.ledger.sealing import Unsealable
from models.wire.events.sale import SaleRecorded
from tests.simulators.databases import Databases
from tests.simulators.facts import a_batch, a_sale, revised, stamped
from tests.simulators.ledger_premises import LedgerPremises, a_payload

PHONE = "+8613911112222"


@pytest.fixture
def ledger(databases: Databases, tmp_path: Path) -> Iterator[LedgerPremises]:
    premises = LedgerPremises(tmp_path, databases)
    yield premises
    premises.close()


def readings(ledger: LedgerPremises, *sales: SaleRecorded, first: int = 1) -> Sequence[Reading]:
    return [read_arrival(ledger.arrival(a_batch(list(sales), first)))]


def test_a_foreseen_group_is_stored_as_any_other(ledger: LedgerPremises) -> None:
    group = readings(ledger, a_sale(1, phone=PHONE), a_sale(2))
    appended = ledger.journal.commit(group, ledger.journal.foresee(group))
    assert (appended.accepted, appended.head) == (2, 2)
    assert PHONE.encode() not in ledger.at_rest()
    assert ledger.bodies() == [stamped(a_sale(1, phone=PHONE), 1), stamped(a_sale(2), 2)]


@pytest.mark.parametrize("worker", [LedgerPremises.another_journal, lambda one: one.journal])
def test_what_is_stored_after_the_look_is_a_duplicate_all_the_same(
    ledger: LedgerPremises, worker: Callable[[LedgerPremises], Journal]
) -> None:
    """Whether the same worker stores it, which remembers, or another one, which makes it look."""
    group = readings(ledger, a_sale(1, phone=PHONE), a_sale(2))
    foresight = ledger.journal.foresee(group)
    worker(ledger).commit(readings(ledger, a_sale(1, phone=PHONE)))
    appended = ledger.journal.commit(group, foresight)
    assert (appended.accepted, appended.duplicates) == (1, 1)
    assert ledger.keyring.destroy("phone", PHONE) == 1


def test_a_correction_foreseen_too_early_still_names_what_it_corrects(
    ledger: LedgerPremises,
) -> None:
    sale = a_sale(1)
    correction = readings(ledger, revised(sale, total_minor=99), first=2)
    foresight = ledger.journal.foresee(correction)
    ledger.journal.commit(readings(ledger, sale))
    ledger.journal.commit(correction, foresight)
    assert [entry.supersedes for entry in ledger.entries()] == [None, 1]


def test_two_commits_after_the_look_are_both_seen(ledger: LedgerPremises) -> None:
    group = readings(ledger, a_sale(1), a_sale(2))
    foresight = ledger.journal.foresee(group)
    ledger.journal.commit(readings(ledger, a_sale(1)))
    ledger.journal.commit(readings(ledger, a_sale(2), first=2))
    assert ledger.journal.commit(group, foresight).duplicates == 2


def test_after_a_failed_commit_the_same_foresight_tells_nothing_wrong(
    ledger: LedgerPremises,
) -> None:
    def trouble(_connection: Connection) -> NoReturn:
        raise TimeoutError

    group = readings(ledger, a_sale(1), a_sale(2))
    foresight = ledger.journal.foresee(group)
    with pytest.raises(TimeoutError):
        ledger.journal.commit(group, foresight, trouble)
    assert ledger.journal.commit(group, foresight).accepted == 2
    assert ledger.journal.commit(group, foresight).duplicates == 2


def test_to_foresee_a_repeat_of_an_erased_persons_sale_makes_them_no_new_key(
    ledger: LedgerPremises,
) -> None:
    group = readings(ledger, a_sale(1, phone=PHONE))
    ledger.journal.commit(group)
    assert ledger.keyring.destroy("phone", PHONE) == 1
    assert ledger.journal.commit(group, ledger.journal.foresee(group)).duplicates == 1
    assert ledger.keyring.destroy("phone", PHONE) == 0


def test_what_cannot_be_sealed_is_not_foreseen_and_rejected_alone(ledger: LedgerPremises) -> None:
    odd = stamped(a_sale(1, phone=PHONE), 1).replace(b'"value":', b'"val\\u0075e":')
    group = [read_arrival(ledger.arrival(a_payload([odd, stamped(a_sale(2), 2)])))]
    with pytest.raises(Unsealable):
        ledger.journal.foresee(group)
    appended = ledger.journal.commit(group)
    assert (appended.accepted, appended.rejected) == (1, 1)

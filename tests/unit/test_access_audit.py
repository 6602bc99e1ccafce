"""The audit: what was done stays as it was written, or the verification names the place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from cloud.access import Action, AuditLog
from cloud.access.tables import AUDIT_ENTRY
from cloud.storage import write
from tests.simulators.back_office import TERMINAL, BackOffice
from tests.simulators.databases import Databases


@pytest.fixture
def office(databases: Databases, tmp_path: Path) -> Iterator[BackOffice]:
    made = BackOffice(tmp_path, databases=databases)
    yield made
    made.close()


def note(office: BackOffice, *subjects: str) -> None:
    for subject in subjects:
        with write(office.engine) as connection:
            office.audit.note(connection, TERMINAL, Action.DEVICE_ENROLLED, subject)


def test_entries_are_numbered_and_the_chain_holds(office: BackOffice) -> None:
    note(office, "device:a", "device:b", "device:c")
    verdict = office.audit.verify(office.engine)
    assert (verdict.entries, verdict.broken_at) == (3, None)
    newest = office.audit.latest(office.engine, limit=2)
    assert [(entry.position, entry.subject) for entry in newest] == [
        (3, "device:c"),
        (2, "device:b"),
    ]
    assert newest[0].at == office.clock.now()


def test_empty_audit_is_in_order(office: BackOffice) -> None:
    assert office.audit.verify(office.engine).broken_at is None


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "device:z"},
        {"actor": "console"},
        {"action": "device_revoked"},
        {"action": "invented"},
        {"at_ms": 1},
        {"seal": bytes(32)},
    ],
)
def test_edited_entry_is_found(office: BackOffice, change: dict[str, object]) -> None:
    note(office, "device:a", "device:b", "device:c")
    with write(office.engine) as connection:
        connection.execute(update(AUDIT_ENTRY).where(AUDIT_ENTRY.c.position == 2).values(change))
    verdict = office.audit.verify(office.engine)
    assert (verdict.entries, verdict.broken_at) == (1, 2)


def test_removed_entry_is_found(office: BackOffice) -> None:
    note(office, "device:a", "device:b", "device:c")
    with write(office.engine) as connection:
        connection.execute(delete(AUDIT_ENTRY).where(AUDIT_ENTRY.c.position == 1))
    assert office.audit.verify(office.engine).broken_at == 1


def test_exchanged_entries_are_found(office: BackOffice) -> None:
    note(office, "device:a", "device:b", "device:c")
    with write(office.engine) as connection:
        for before, after in ((2, 9), (3, 2), (9, 3)):
            moved = update(AUDIT_ENTRY).where(AUDIT_ENTRY.c.position == before)
            connection.execute(moved.values(position=after))
    assert office.audit.verify(office.engine).broken_at == 2


def test_chain_forged_without_the_key_is_found(office: BackOffice) -> None:
    forger = AuditLog(b"another key", office.clock)
    note(office, "device:a")
    with write(office.engine) as connection:
        forger.note(connection, TERMINAL, Action.DEVICE_REVOKED, "device:a")
    assert office.audit.verify(office.engine).broken_at == 2


def test_cut_off_end_changes_the_head(office: BackOffice) -> None:
    note(office, "device:a", "device:b")
    noted = office.audit.verify(office.engine)
    with write(office.engine) as connection:
        connection.execute(delete(AUDIT_ENTRY).where(AUDIT_ENTRY.c.position == 2))
    assert office.audit.verify(office.engine).head != noted.head


def test_deed_that_is_rolled_back_is_not_noted(office: BackOffice) -> None:
    def fail() -> None:
        with write(office.engine) as connection:
            office.audit.note(connection, TERMINAL, Action.DEVICE_ENROLLED, "device:a")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert office.audit.verify(office.engine).entries == 0


def test_long_chain_is_read_in_pages(office: BackOffice) -> None:
    with write(office.engine) as connection:
        for number in range(1100):
            office.audit.note(connection, TERMINAL, Action.DEVICE_ENROLLED, f"device:{number}")
    assert office.audit.verify(office.engine).entries == 1100

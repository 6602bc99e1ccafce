"""API tokens: shown once, good until revoked, never in the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from cloud.access import Scope
from cloud.access.tables import API_TOKEN
from cloud.errors import InvalidInput, NotFound
from cloud.storage import read
from tests.simulators.back_office import TENANT, TERMINAL, BackOffice
from tests.simulators.databases import Databases


@pytest.fixture
def office(databases: Databases, tmp_path: Path) -> Iterator[BackOffice]:
    made = BackOffice(tmp_path, databases=databases)
    yield made
    made.close()


def test_token_names_its_tenant_and_scopes(office: BackOffice) -> None:
    issued = office.tokens.create(TENANT, "ERP", {Scope.READ, Scope.DEVICES}, TERMINAL)
    caller = office.tokens.check(issued.text)
    assert caller is not None
    assert caller.tenant == TENANT
    assert caller.scopes == {Scope.READ, Scope.DEVICES}
    assert caller.actor == f"token:{issued.token_id}"


def test_secret_is_shown_once_and_not_kept(office: BackOffice) -> None:
    issued = office.tokens.create(TENANT, "ERP", {Scope.READ}, TERMINAL)
    secret = issued.text.split("_", 2)[2]
    with read(office.engine) as connection:
        row = str(connection.execute(select(API_TOKEN)).one())
    assert secret not in row
    assert secret not in repr(issued)


@pytest.mark.parametrize(
    "spoil", ["", "lk_", "lk_{id}_", "lk_{id}_{wrong}", "lk_000000000000_{secret}", "{secret}"]
)
def test_token_that_is_not_exactly_ours_is_nobody(office: BackOffice, spoil: str) -> None:
    issued = office.tokens.create(TENANT, "ERP", {Scope.READ}, TERMINAL)
    secret = issued.text.split("_", 2)[2]
    text = spoil.format(id=issued.token_id, secret=secret, wrong="A" * 43)
    assert office.tokens.check(text) is None


def test_revoked_token_is_nobody_and_revoking_twice_is_once(office: BackOffice) -> None:
    issued = office.tokens.create(TENANT, "ERP", {Scope.READ}, TERMINAL)
    office.tokens.revoke(issued.token_id, TERMINAL)
    office.tokens.revoke(issued.token_id, TERMINAL)
    assert office.tokens.check(issued.text) is None
    assert office.tokens.list()[0].revoked_at == office.clock.now()
    assert [entry.action for entry in office.audit.latest(office.engine)] == [
        "token_revoked",
        "token_created",
    ]


def test_unknown_token_cannot_be_revoked(office: BackOffice) -> None:
    with pytest.raises(NotFound):
        office.tokens.revoke("000000000000", TERMINAL)


def test_last_use_is_known_to_the_minute(office: BackOffice) -> None:
    issued = office.tokens.create(TENANT, "ERP", {Scope.READ}, TERMINAL)
    assert office.tokens.list()[0].last_used_at is None
    first_use = office.clock.now()
    office.tokens.check(issued.text)
    office.hand.move(59)
    office.tokens.check(issued.text)
    assert office.tokens.list()[0].last_used_at == first_use
    office.hand.move(1)
    office.tokens.check(issued.text)
    assert office.tokens.list()[0].last_used_at == office.clock.now()


@pytest.mark.parametrize("name", ["", "x" * 61, "a\tb"])
def test_token_needs_a_plain_name(office: BackOffice, name: str) -> None:
    with pytest.raises(InvalidInput):
        office.tokens.create(TENANT, name, {Scope.READ}, TERMINAL)


def test_token_needs_a_scope(office: BackOffice) -> None:
    with pytest.raises(InvalidInput):
        office.tokens.create(TENANT, "ERP", set(), TERMINAL)

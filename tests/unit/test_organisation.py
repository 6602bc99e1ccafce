"""Tenants and stores: written once, the same however often they are described."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.errors import Conflict, InvalidInput
from cloud.organisation import Ensured, Store, ensure_store, find_store, stores_of, tenants
from cloud.storage import read, write
from models.wire.ids import StoreId, TenantId
from tests.simulators.back_office import STORE, TENANT, BackOffice
from tests.simulators.databases import Databases


@pytest.fixture
def office(databases: Databases, tmp_path: Path) -> Iterator[BackOffice]:
    made = BackOffice(tmp_path, databases=databases)
    yield made
    made.close()


def ensure(office: BackOffice, store: Store) -> Ensured:
    with write(office.engine) as connection:
        return ensure_store(connection, store, office.clock.now())


def test_store_described_twice_is_written_once(office: BackOffice) -> None:
    store = office.open_store()
    assert ensure(office, store) is Ensured.UNCHANGED
    with read(office.engine) as connection:
        assert stores_of(connection, TENANT) == [store]
        assert tenants(connection) == [TENANT]


def test_name_and_time_zone_follow_the_description(office: BackOffice) -> None:
    store = office.open_store()
    renamed = replace(store, name="People's Square", timezone="Asia/Urumqi")
    assert ensure(office, renamed) is Ensured.CHANGED
    with read(office.engine) as connection:
        assert find_store(connection, TENANT, STORE) == renamed


@pytest.mark.parametrize("change", [{"currency": "USD"}, {"phone_region": "SG"}])
def test_what_totals_and_members_rest_on_cannot_be_rewritten(
    office: BackOffice, change: dict[str, str]
) -> None:
    store = office.open_store()
    with pytest.raises(Conflict, match="cannot become"):
        ensure(office, replace(store, **change))  # type: ignore[arg-type]  # fields of one kind: str


def test_stores_of_one_tenant_are_not_shown_to_another(office: BackOffice) -> None:
    office.open_store()
    other = office.open_store("bj-0001", tenant="other")
    with read(office.engine) as connection:
        assert stores_of(connection, TenantId("other")) == [other]
        assert find_store(connection, TenantId("other"), STORE) is None
        assert tenants(connection) == ["demo", "other"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"store": "SH_0001"},
        {"tenant": ""},
        {"name": ""},
        {"name": "a\nb"},
        {"name": "x" * 81},
        {"timezone": "Shanghai"},
        {"timezone": "../../etc/passwd"},
        {"timezone": ""},
        {"currency": "RMB¥"},
        {"phone_region": "China"},
    ],
)
def test_fact_that_cannot_be_true_is_refused(wrong: dict[str, str]) -> None:
    facts = {
        "tenant": TENANT,
        "store": StoreId("sh-0001"),
        "name": "店",
        "timezone": "Asia/Shanghai",
        "currency": "CNY",
        "phone_region": "CN",
    }
    with pytest.raises(InvalidInput):
        Store(**{**facts, **wrong})  # type: ignore[arg-type]  # all fields are strings


def test_zone_is_ready_to_use(office: BackOffice) -> None:
    assert office.open_store().zone.key == "Asia/Shanghai"

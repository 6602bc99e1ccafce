"""Enrolment: one name on one broker, a secret shown once, and everybody told of the change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import bcrypt
import pytest
from sqlalchemy import select

from cloud.broker.logins import DeviceLogin
from cloud.devices import DeviceKind, DeviceState
from cloud.devices.tables import DEVICE
from cloud.errors import BrokerUnavailable, Conflict, NotFound
from cloud.storage import read
from models.wire.ids import DeviceId, DevicePath, StoreId, TenantId
from tests.simulators.back_office import STORE, TENANT, TERMINAL, BackOffice
from tests.simulators.databases import Databases
from tests.simulators.facts import SHOP

TABLET = DevicePath(TENANT, STORE, DeviceId("sh-0001-tab1"))
OTHER_STORE = DevicePath(TENANT, StoreId("sh-0002"), SHOP.device)
OTHER_TENANT = DevicePath(TenantId("other"), StoreId("sh-0001"), SHOP.device)


@pytest.fixture
def office(databases: Databases, tmp_path: Path) -> Iterator[BackOffice]:
    made = BackOffice(tmp_path, databases=databases)
    made.open_store()
    made.open_store("sh-0002")
    made.open_store(tenant="other")
    yield made
    made.close()


def test_enrolled_device_may_speak_and_log_in(office: BackOffice) -> None:
    enrolled = office.enrol()
    assert office.registry.is_enrolled(SHOP)
    assert office.registry.admit(SHOP.device, enrolled.secret) == SHOP
    (login,) = office.registry.logins()
    assert isinstance(login, DeviceLogin)
    assert login.path == SHOP
    assert bcrypt.checkpw(enrolled.secret.encode(), login.secret.bcrypt.encode())


def test_secret_is_shown_once_and_not_kept(office: BackOffice) -> None:
    enrolled = office.enrol()
    with read(office.engine) as connection:
        row = str(connection.execute(select(DEVICE)).one())
    assert enrolled.secret not in row
    assert enrolled.secret not in repr(enrolled)


@pytest.mark.parametrize("secret", ["", "wrong", "x" * 73, "密" * 30, "a\x00b"])
def test_wrong_secret_is_nobody(office: BackOffice, secret: str) -> None:
    office.enrol()
    assert office.registry.admit(SHOP.device, secret) is None
    assert office.registry.admit("unknown", secret) is None


def test_name_is_not_given_twice(office: BackOffice) -> None:
    office.enrol()
    with pytest.raises(Conflict, match="rotate"):
        office.enrol()
    with pytest.raises(Conflict, match="store sh-0001; revoke it there"):
        office.enrol(OTHER_STORE)


def test_name_taken_by_another_tenant_says_nothing_about_it(office: BackOffice) -> None:
    office.enrol()
    with pytest.raises(Conflict) as refused:
        office.enrol(OTHER_TENANT)
    assert "demo" not in str(refused.value)


def test_device_needs_a_known_store(office: BackOffice) -> None:
    with pytest.raises(NotFound, match="sh-9999"):
        office.enrol(DevicePath(TENANT, StoreId("sh-9999"), DeviceId("x")))


def test_revoked_device_is_out_at_once_and_its_name_is_free(office: BackOffice) -> None:
    enrolled = office.enrol()
    office.registry.revoke(SHOP.device, TERMINAL)
    assert not office.registry.is_enrolled(SHOP)
    assert office.registry.admit(SHOP.device, enrolled.secret) is None
    assert office.registry.logins() == []
    with pytest.raises(NotFound):
        office.registry.revoke(SHOP.device, TERMINAL)
    office.enrol(OTHER_STORE)
    assert office.registry.is_enrolled(OTHER_STORE)
    assert not office.registry.is_enrolled(SHOP)
    (view,) = office.fleet.devices()
    assert view.state is DeviceState.NEW


def test_rotated_secret_replaces_the_old_one(office: BackOffice) -> None:
    old = office.enrol()
    new = office.registry.rotate(SHOP.device, TERMINAL)
    assert office.registry.admit(SHOP.device, old.secret) is None
    assert office.registry.admit(SHOP.device, new.secret) == SHOP
    with pytest.raises(NotFound):
        office.registry.rotate(DeviceId("unknown"), TERMINAL)


def test_device_may_speak_only_for_its_own_place(office: BackOffice) -> None:
    office.enrol()
    assert not office.registry.is_enrolled(OTHER_STORE)
    assert not office.registry.is_enrolled(OTHER_TENANT)


def test_revoked_device_can_still_be_found(office: BackOffice) -> None:
    office.enrol(kind=DeviceKind.HUB)
    office.registry.revoke(SHOP.device, TERMINAL)
    found = office.registry.find(SHOP.device)
    assert found is not None
    assert (found.kind, found.revoked_at) == (DeviceKind.HUB, office.clock.now())
    assert office.registry.find(DeviceId("unknown")) is None
    assert office.fleet.devices() == []
    (view,) = office.fleet.devices(revoked=True)
    assert view.state is DeviceState.REVOKED


def test_what_another_process_enrolled_is_known_within_a_second(office: BackOffice) -> None:
    elsewhere = office.another_registry()
    assert not elsewhere.is_enrolled(SHOP)
    office.enrol()
    office.hand.move(1)
    assert elsewhere.is_enrolled(SHOP)
    office.registry.revoke(SHOP.device, TERMINAL)
    office.hand.move(1)
    assert not elsewhere.is_enrolled(SHOP)


def test_every_change_is_announced_to_the_broker(office: BackOffice) -> None:
    heard: list[list[str]] = []
    office.registry.on_change(lambda: heard.append([x.name for x in office.registry.logins()]))
    office.enrol()
    office.enrol(TABLET, DeviceKind.TABLET)
    office.registry.rotate(SHOP.device, TERMINAL)
    office.registry.revoke(SHOP.device, TERMINAL)
    assert heard == [
        [SHOP.device],
        [SHOP.device, TABLET.device],
        [SHOP.device, TABLET.device],
        [TABLET.device],
    ]


def test_changes_of_another_process_are_announced_once(office: BackOffice) -> None:
    elsewhere = office.another_registry()
    heard: list[int] = []
    elsewhere.on_change(lambda: heard.append(len(elsewhere.logins())))
    assert not elsewhere.announce()
    office.enrol()
    assert elsewhere.announce()
    assert not elsewhere.announce()
    assert heard == [1]


def test_device_that_moves_is_noticed_even_when_it_was_the_newest(office: BackOffice) -> None:
    elsewhere = office.another_registry()
    office.enrol()
    office.registry.revoke(SHOP.device, TERMINAL)
    assert elsewhere.announce()
    office.enrol(OTHER_STORE)
    assert elsewhere.announce()
    assert elsewhere.is_enrolled(OTHER_STORE)


def test_broker_that_was_away_is_told_again(office: BackOffice) -> None:
    failures = [BrokerUnavailable("restarting")]
    heard: list[int] = []

    def listener() -> None:
        if failures:
            raise failures.pop()
        heard.append(len(office.registry.logins()))

    office.registry.on_change(listener)
    assert office.registry.admit(SHOP.device, office.enrol().secret) == SHOP
    assert heard == []
    assert office.registry.announce()
    assert heard == [1]


def test_what_was_done_to_devices_is_in_the_audit(office: BackOffice) -> None:
    office.enrol()
    office.registry.rotate(SHOP.device, TERMINAL)
    office.registry.revoke(SHOP.device, TERMINAL)
    deeds = [(entry.action, entry.subject) for entry in office.audit.latest(office.engine)]
    assert deeds == [
        ("device_revoked", f"device:{SHOP.device}"),
        ("device_rotated", f"device:{SHOP.device}"),
        ("device_enrolled", f"device:{SHOP.device}"),
    ]

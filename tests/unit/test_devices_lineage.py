"""Whose an epoch is: a copy of an outbox is told to leave, and nobody else is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cloud.devices.lineage import MOST_CLAIMS
from cloud.devices.tables import DEVICE_CLAIM
from cloud.storage import read
from models.wire.birth import Birth, EpochHeld
from models.wire.ids import DeviceId, DevicePath
from tests.simulators.back_office import TERMINAL, BackOffice
from tests.simulators.databases import Databases
from tests.simulators.facts import NOON, SHOP

OURS, CLOSED = "a" * 32, "b" * 32
SECOND_BOX = DevicePath(SHOP.tenant, SHOP.store, DeviceId("sh-0001-pos2"))


@pytest.fixture
def office(databases: Databases, tmp_path: Path) -> Iterator[BackOffice]:
    made = BackOffice(tmp_path, databases=databases)
    made.open_store()
    made.enrol()
    made.enrol(SECOND_BOX)
    yield made
    made.close()


def claimed(
    office: BackOffice,
    birth: str,
    said: Sequence[str] | Mapping[str, Sequence[str]],
    *,
    epoch: str = OURS,
    path: DevicePath = SHOP,
    minute: int = 0,
) -> list[str]:
    """What a birth is told; ``said`` is of its epoch, or of several."""
    all_said = said if isinstance(said, Mapping) else {epoch: said}
    word = Birth(
        birth=birth,
        bootid="boot",
        agent_version="1",
        started_at="now",
        epochs=[EpochHeld(epoch, {})],
        said={each: list(births) for each, births in all_said.items()},
    )
    return office.registry.claimed(path, word, NOON + timedelta(minutes=minute))


def test_a_box_that_goes_on_is_told_nothing(office: BackOffice) -> None:
    assert claimed(office, "b1", ["b1"]) == []
    assert claimed(office, "b2", ["b1", "b2"]) == []
    assert claimed(office, "b2", ["b1", "b2"]) == [], "it is said again until it is answered"
    assert claimed(office, "b4", ["b1", "b2", "b3", "b4"]) == [], "b3 was never heard"


def test_a_copy_is_told_to_leave_and_the_owner_stays(office: BackOffice) -> None:
    claimed(office, "b1", ["b1"])
    assert claimed(office, "b2", ["b1", "b2"]) == []
    assert claimed(office, "copy", ["b1", "copy"]) == [OURS]
    assert claimed(office, "copy", ["b1", "copy"]) == [OURS], "as often as it asks"
    assert claimed(office, "b3", ["b1", "b2", "b3"]) == []


def test_the_copy_that_comes_first_is_the_owner(office: BackOffice) -> None:
    claimed(office, "b1", ["b1"])
    assert claimed(office, "copy", ["b1", "copy"]) == []
    assert claimed(office, "b2", ["b1", "b2"]) == [OURS]
    assert claimed(office, "b1", ["b1"]) == [OURS], "a late word of an earlier birth is no return"


def test_a_birth_that_the_outbox_could_not_store_is_not_the_last_one(office: BackOffice) -> None:
    claimed(office, "b1", ["b1"])
    assert claimed(office, "b2", ["b1"]) == []
    assert claimed(office, "b3", ["b1", "b3"]) == []


def test_a_database_that_was_put_back_knows_an_earlier_birth(office: BackOffice) -> None:
    claimed(office, "b1", ["b1"])
    assert claimed(office, "b9", ["b1", "b7", "b8", "b9"]) == []


def test_of_a_closed_epoch_it_is_told_and_nothing_noted(office: BackOffice) -> None:
    claimed(office, "b1", ["b1"], epoch=CLOSED)
    said = {CLOSED: ["b1"], OURS: ["b2"]}
    assert claimed(office, "b2", said) == []
    assert claimed(office, "copy", ["b1", "copy"], epoch=CLOSED) == []
    assert claimed(office, "b3", {CLOSED: ["b1"], OURS: ["b2", "b3"]}) == [CLOSED]


def test_who_does_not_say_what_it_said_is_not_asked(office: BackOffice) -> None:
    claimed(office, "b1", ["b1"])
    assert claimed(office, "b2", {}) == []
    assert claimed(office, "b3", {"nonsense": ["b3"]}) == []
    assert claimed(office, "b4", [""]) == [OURS]


def test_another_devices_epochs_are_its_own(office: BackOffice) -> None:
    claimed(office, "b1", ["b1"])
    assert claimed(office, "b2", ["b2"], path=SECOND_BOX) == []


def test_a_box_that_is_enrolled_anew_was_never_heard_of(office: BackOffice) -> None:
    claimed(office, "b1", ["b1"])
    office.registry.revoke(SHOP.device, TERMINAL)
    office.enrol()
    assert claimed(office, "b2", ["b2"]) == []


def test_epochs_without_end_are_not_kept_without_end(office: BackOffice) -> None:
    for number in range(MOST_CLAIMS + 5):
        claimed(office, "b1", ["b1"], epoch=f"{number:032x}", minute=number)
    with read(office.engine) as connection:
        kept = connection.execute(select(func.count()).select_from(DEVICE_CLAIM)).scalar_one()
    assert kept == MOST_CLAIMS
    assert claimed(office, "b9", ["b9"], epoch=f"{MOST_CLAIMS + 4:032x}") == [
        f"{MOST_CLAIMS + 4:032x}"
    ]

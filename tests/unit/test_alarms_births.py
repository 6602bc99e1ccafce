"""Births tell of twins, clones and older disks; a restart or a repeat tells nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cloud.devices.births import MOST_BIRTHS, Said, behind, twin
from cloud.devices.tables import DEVICE_BIRTH
from cloud.storage import read
from models.wire.ack import EpochSettled
from models.wire.birth import Birth, EpochHeld
from models.wire.ids import DeviceId, DevicePath
from tests.simulators.back_office import TERMINAL, BackOffice
from tests.simulators.databases import Databases
from tests.simulators.facts import NOON, SHOP

OURS, THEIRS, THIRD = "a" * 32, "b" * 32, "c" * 32
SECOND_BOX = DevicePath(SHOP.tenant, SHOP.store, DeviceId("sh-0001-pos2"))


@pytest.fixture
def office(databases: Databases, tmp_path: Path) -> Iterator[BackOffice]:
    made = BackOffice(tmp_path, databases=databases)
    made.open_store()
    made.enrol()
    made.enrol(SECOND_BOX)
    yield made
    made.close()


def said(process: str, age_ms: int | None = None, *epochs: str, boot: str = "boot") -> Said:
    return Said((boot, process), age_ms, frozenset(epochs or [OURS]))


def born(
    office: BackOffice,
    birth: str,
    process: str = "first",
    *,
    epoch: str = OURS,
    last: int = 0,
    path: DevicePath = SHOP,
) -> bool:
    held = [EpochHeld(epoch, {"sale": last} if last else {})]
    word = Birth(birth=birth, bootid="boot", agent_version="1", started_at=process, epochs=held)
    return office.registry.born(path, word, NOON)


def odd(office: BackOffice) -> list[tuple[str, str, str, str]]:
    """Device, other process, owner and shared epoch of every birth that is odd."""
    rows = select(DEVICE_BIRTH).order_by(DEVICE_BIRTH.c.number)
    with read(office.engine) as connection:
        return [
            (row.device, row.other, row.owner, row.shared)
            for row in connection.execute(rows)
            if row.other or row.owner or row.behind
        ]


def test_a_restart_is_nothing_odd(office: BackOffice) -> None:
    for number, process in enumerate(["one", "one", "two", "three", "three"]):
        born(office, f"b{number}", process)
    assert odd(office) == []


def test_the_box_itself_is_told_once_that_another_was_born_meanwhile(office: BackOffice) -> None:
    told = [born(office, *each) for each in (("b1", "one"), ("b2", "two"), ("b3", "one"))]
    assert told == [False, False, True]
    assert not born(office, "b3", "one"), "a retained birth that is heard again"


def test_a_process_that_comes_back_after_another_one_has_a_twin(office: BackOffice) -> None:
    born(office, "b1", "one", epoch=OURS)
    born(office, "b2", "two", epoch=THEIRS)
    born(office, "b3", "one", epoch=OURS)
    born(office, "b4", "two", epoch=THEIRS)
    device = SHOP.device
    assert odd(office) == [(device, "boot/two", "", ""), (device, "boot/one", "", "")]


def test_twins_with_a_common_epoch_are_a_clone_although_one_has_moved_on(
    office: BackOffice,
) -> None:
    born(office, "b1", "one", epoch=OURS)
    born(office, "b2", "two", epoch=OURS)
    born(office, "b3", "two", epoch=THEIRS)
    born(office, "b4", "one", epoch=OURS)
    assert odd(office) == [(SHOP.device, "boot/two", SHOP.device, OURS)]


def test_an_epoch_of_another_device_is_a_clone(office: BackOffice) -> None:
    born(office, "b1", "one")
    born(office, "b2", "two", path=SECOND_BOX)
    born(office, "b3", "two", path=SECOND_BOX)
    assert odd(office) == [(SECOND_BOX.device, "", SHOP.device, OURS)]


def test_a_box_that_was_enrolled_under_a_new_name_keeps_its_outbox(office: BackOffice) -> None:
    born(office, "b1", "one")
    office.registry.revoke(SHOP.device, TERMINAL)
    born(office, "b2", "two", path=SECOND_BOX)
    assert odd(office) == []


def test_a_birth_that_is_told_again_changes_nothing(office: BackOffice) -> None:
    for birth, process in [("b1", "one"), ("b2", "two"), ("b1", "one"), ("b2", "two")]:
        born(office, birth, process)
    assert odd(office) == []


def test_a_late_word_of_an_earlier_process_is_no_return() -> None:
    assert twin(said("one", 10), [said("two", 20), said("one", 5)], SHOP.device).other == ""
    assert twin(said("one", 30), [said("two", 20), said("one", 5)], SHOP.device).other
    after_reboot = said("one", 10, boot="before")
    assert twin(after_reboot, [said("two", 20), after_reboot], SHOP.device).other


def test_an_outbox_is_behind_by_what_it_has_not_yet_numbered() -> None:
    held = {OURS: EpochHeld(OURS, {"sale": 7, "member": 3})}
    known = [EpochSettled(OURS, {"sale": [(1, 4), (6, 10)], "member": [(1, 3)], "guide": [(1, 2)]})]
    assert behind(held, known) == 3 + 2
    assert behind(held, []) == 0


def test_births_without_end_are_not_kept_without_end(office: BackOffice) -> None:
    for number in range(MOST_BIRTHS + 10):
        born(office, f"b{number}", "one")
    with read(office.engine) as connection:
        kept = connection.execute(select(func.count()).select_from(DEVICE_BIRTH)).scalar_one()
    assert kept == MOST_BIRTHS


@pytest.mark.parametrize("odd_text", ["", "x" * 65, "a\nb"])
def test_a_birth_that_is_nonsense_is_not_looked_at(office: BackOffice, odd_text: str) -> None:
    born(office, odd_text)
    born(office, "b1", odd_text)
    born(office, "b2", "one", epoch="nonsense")
    assert odd(office) == []


def test_time_between_births_does_not_matter(office: BackOffice) -> None:
    born(office, "b1", "one", epoch=OURS)
    office.hand.move(timedelta(days=40).total_seconds())
    born(office, "b2", "two", epoch=THEIRS)
    office.hand.move(timedelta(days=40).total_seconds())
    born(office, "b3", "one", epoch=OURS)
    assert len(odd(office)) == 1

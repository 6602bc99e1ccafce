"""From the state of the agent to its alarms: one table, rule by rule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from agent.health.alarms import AlarmKind
from agent.health.alarms.board import Sign, Trouble
from agent.health.status.facts import BudgetStatus, ClockStatus, RoomStatus, Status
from agent.health.status.signs import signs
from agent.health.status.tills import SourceKind, WorkstationStatus
from tests.simulators.agent_status import (
    a_line,
    a_source,
    a_status,
    a_till,
    a_troubled_status,
    a_workstation,
    camera,
    numbers,
    taken,
)
from tests.simulators.facts import NOON

HOURS = timedelta(hours=3)


def room(used: int = 0, free: int = 1_000) -> RoomStatus:
    budgets = [BudgetStatus(name="total", used_bytes=used, limit_bytes=100)]
    return RoomStatus(budgets=budgets, disk_free_bytes=free, disk_floor_bytes=500)


def gapped() -> WorkstationStatus:
    return a_workstation(missing=3, gaps=[numbers(104), numbers(230, 231)])


def found(status: Status, *salvages: Trouble) -> Mapping[AlarmKind, Sign]:
    return {sign.kind: sign for sign in signs(status, salvages)}


CAMERA_TROUBLES = {
    AlarmKind.CAMERA_BLOCKED,
    AlarmKind.CAMERA_MOVED,
    AlarmKind.CAMERA_DARK,
    AlarmKind.CAMERA_FROZEN,
    AlarmKind.CAMERA_GARBLED,
}


def standing(status: Status) -> set[AlarmKind]:
    return {kind for kind, sign in found(status).items() if sign.standing}


def unclear(status: Status) -> set[AlarmKind]:
    return {kind for kind, sign in found(status).items() if sign.unclear}


def test_every_kind_of_alarm_is_judged_by_every_look() -> None:
    assert set(found(a_status())) == set(AlarmKind)


def test_a_shop_where_all_is_well_has_no_alarm() -> None:
    assert standing(a_status()) == unclear(a_status()) == set()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (a_status(till=a_till(blocked="no room", out_of_room=True)), AlarmKind.SALE_REFUSED),
        (a_status(till=a_till(blocked="locked")), AlarmKind.TILL_BLOCKED),
        (a_status(till=a_till(folder_present=False)), AlarmKind.TILL_FOLDER_MISSING),
        (a_status(trouble="disk gone"), AlarmKind.OUTBOX_UNREADABLE),
        (a_status(line=a_line(login_refused=True)), AlarmKind.LOGIN_REFUSED),
        (a_status(line=a_line(fault="disk full")), AlarmKind.LINE_FAULTY),
        (a_status(line=a_line(identity_shared=True)), AlarmKind.IDENTITY_SHARED),
        (a_status(line=a_line(ledger_silent=True)), AlarmKind.LEDGER_SILENT),
        (a_status(line=a_line(held_back=2)), AlarmKind.EVENTS_HELD_BACK),
        (a_status(line=a_line(online=False, since=NOON - HOURS)), AlarmKind.OFFLINE),
        (a_status(oldest_sale_at=NOON - HOURS), AlarmKind.SALE_OVERDUE),
        (a_status(room=room(used=91)), AlarmKind.ROOM_LOW),
        (a_status(room=room(free=499)), AlarmKind.ROOM_LOW),
        (a_status(workstations=[gapped()]), AlarmKind.SEQUENCE_GAP),
        (
            a_status(workstations=[a_workstation(repeated=1, repeats=[numbers(7)])]),
            AlarmKind.SEQUENCE_REPEAT,
        ),
        (a_status(till=a_till(taken=taken(11))), AlarmKind.ARITHMETIC_DISAGREES),
        (a_status(books_trouble="disk full"), AlarmKind.BOOKS_NOT_KEPT),
        (a_status(dead_letters=1), AlarmKind.EVENTS_REJECTED),
        (a_status(quarantined=1), AlarmKind.FILES_QUARANTINED),
        (a_status(cameras=[camera("lost")]), AlarmKind.CAMERA_BLIND),
        (a_status(cameras=[camera("slow")]), AlarmKind.CAMERA_BLIND),
        (a_status(cameras=[camera("watching", troubles=["blocked"])]), AlarmKind.CAMERA_BLOCKED),
        (a_status(cameras=[camera("watching", troubles=["moved"])]), AlarmKind.CAMERA_MOVED),
        (a_status(cameras=[camera("watching", troubles=["dark"])]), AlarmKind.CAMERA_DARK),
        (a_status(cameras=[camera("watching", troubles=["frozen"])]), AlarmKind.CAMERA_FROZEN),
        (a_status(cameras=[camera("watching", troubles=["garbled"])]), AlarmKind.CAMERA_GARBLED),
        (a_status(clock=ClockStatus(quality="unset")), AlarmKind.CLOCK_WRONG),
        (a_status(clock=ClockStatus(quality="free", skew_s=-3600.0)), AlarmKind.CLOCK_WRONG),
    ],
)
def test_each_trouble_is_one_alarm(status: Status, kind: AlarmKind) -> None:
    assert standing(status) == {kind}


@pytest.mark.parametrize(
    "status",
    [
        a_status(line=a_line(online=False, since=NOON - timedelta(minutes=5))),
        a_status(oldest_sale_at=NOON - timedelta(minutes=5)),
        a_status(cameras=[camera("lost", since_s=59.0)]),
        a_status(clock=ClockStatus(quality="free", skew_s=119.0)),
        a_status(room=room(used=90, free=500)),
        a_status(till=a_till(taken=taken(10))),
        a_status(workstations=[a_workstation(late=3, since=NOON.date())]),
        a_status(workstations=[a_workstation(missing=1, gaps=[numbers(7, recent=False)])]),
    ],
)
def test_what_mends_itself_in_a_moment_is_no_alarm(status: Status) -> None:
    assert standing(status) == set()


@pytest.mark.parametrize(
    ("status", "kinds"),
    [
        (a_status(till=a_till(at_ease=False)), {AlarmKind.SALE_REFUSED, AlarmKind.TILL_BLOCKED}),
        (
            a_status(line=a_line(ledger_silent=None, login_refused=None, fault=None)),
            {AlarmKind.LEDGER_SILENT, AlarmKind.LOGIN_REFUSED, AlarmKind.LINE_FAULTY},
        ),
        (
            a_status(line=a_line(identity_shared=None, held_back=None)),
            {AlarmKind.IDENTITY_SHARED, AlarmKind.EVENTS_HELD_BACK},
        ),
        (a_status(line=a_line(online=False, since=NOON)), {AlarmKind.OFFLINE}),
        (
            a_status(cameras=[camera("starting", troubles=["moved"])]),
            {AlarmKind.CAMERA_BLIND, *CAMERA_TROUBLES},
        ),
        (a_status(till=a_till(taken=taken(5, 19))), {AlarmKind.ARITHMETIC_DISAGREES}),
        (a_status(workstations=[a_workstation(ripening=True)]), {AlarmKind.SEQUENCE_GAP}),
    ],
)
def test_a_part_that_is_just_starting_ends_no_alarm_of_before(
    status: Status, kinds: set[AlarmKind]
) -> None:
    assert unclear(status) == kinds


def test_an_alarm_of_numbers_names_the_till_the_numbers_and_the_days() -> None:
    [trouble] = found(a_status(workstations=[gapped()]))[AlarmKind.SEQUENCE_GAP].standing
    assert (trouble.about, trouble.detail) == (
        "9/3",
        "missing: 104 on 2026-11-22, 230-231 on 2026-11-22",
    )


def test_an_alarm_of_sums_names_source_profile_and_share_and_ends_when_it_gets_better() -> None:
    source = a_source(SourceKind.JOURNAL, taken=taken(50))
    [trouble] = found(a_status(sources=[source]))[AlarmKind.ARITHMETIC_DISAGREES].standing
    told = "profile arts-poslog: 50 of the last 200 sales (25%)"
    assert (trouble.about, trouble.detail) == ("front", told)
    better = a_status(sources=[a_source(SourceKind.JOURNAL, taken=taken(9))])
    assert AlarmKind.ARITHMETIC_DISAGREES not in standing(better) | unclear(better)


def test_a_box_without_a_till_never_waits_for_one() -> None:
    bare = a_status(till=None, cameras=[])
    assert standing(bare) == unclear(bare) == set()


def test_a_repair_of_the_outbox_stands_until_somebody_has_acknowledged_it() -> None:
    repaired = Trouble("a", "42 of 43 events saved", NOON)
    assert found(a_status(), repaired)[AlarmKind.OUTBOX_SALVAGED].standing == (repaired,)
    assert not found(a_status())[AlarmKind.OUTBOX_SALVAGED].standing


def test_a_bad_day_shows_all_of_it() -> None:
    assert standing(a_troubled_status()) == {
        AlarmKind.SALE_REFUSED,
        AlarmKind.OFFLINE,
        AlarmKind.SALE_OVERDUE,
        AlarmKind.ROOM_LOW,
        AlarmKind.EVENTS_REJECTED,
        AlarmKind.CAMERA_BLIND,
    }

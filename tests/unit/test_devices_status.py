"""How a device is: births, wills and heartbeats, in whatever order a broker delivers them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from cloud.devices import DeviceState, DeviceView, HeartbeatFold
from cloud.devices.boot_clock import BootClock
from cloud.devices.clocks import ClockView
from cloud.devices.tables import DEVICE_BOOT, DEVICE_TWIN
from cloud.devices.twins import desire
from cloud.errors import NotFound
from cloud.ledger.entry import LedgerEntry
from cloud.storage import read, write
from cloud.storage.columns import from_ms
from models.wire.birth import Birth, EpochHeld, State
from models.wire.envelope import ClockQuality, Moment, compose, stamp
from models.wire.events.device import Heartbeat, StreamDepth
from models.wire.ids import DeviceId, DevicePath, EventId, StoreId
from models.wire.registry import HEARTBEAT
from models.wire.twin import Reported
from tests.simulators.back_office import TENANT, TERMINAL, BackOffice
from tests.simulators.databases import Databases
from tests.simulators.facts import EPOCH, NOON, SHOP


@pytest.fixture
def office(databases: Databases, tmp_path: Path) -> Iterator[BackOffice]:
    made = BackOffice(tmp_path, databases=databases)
    made.open_store()
    made.enrol()
    yield made
    made.close()


def a_birth(birth: str = "b1", started_at: str = "2026-11-22T03:59:00Z") -> Birth:
    return Birth(
        birth=birth,
        bootid="boot",
        agent_version="0.1.0",
        started_at=started_at,
        epochs=[EpochHeld(EPOCH, {})],
    )


def a_state(birth: str = "b1", *, online: bool) -> State:
    return State(online=online, bootid="boot", birth=birth, at="2026-11-22T04:00:00Z")


def a_heartbeat(
    position: int = 1,
    *,
    pending: int = 0,
    oldest_age_s: float = 0.0,
    received_at: datetime = NOON,
    historical: bool = False,
    device: DevicePath = SHOP,
    corrected: datetime | None = None,
    quality: ClockQuality = ClockQuality.FREE,
) -> LedgerEntry:
    data = Heartbeat(
        uptime_s=60,
        streams=[
            StreamDepth(stream="sale", pending=pending, oldest_age_s=oldest_age_s),
            StreamDepth(stream="telemetry", pending=0, oldest_age_s=0),
        ],
        quarantined=2,
        rss_bytes=48 << 20,
    )
    event_id = EventId(f"00000000-0000-7000-8000-{position:012d}")
    moment = Moment(NOON, 1, "boot", quality)
    body = compose(device=device, event_id=event_id, kind=HEARTBEAT, data=data, at=moment)
    return LedgerEntry(
        position=position,
        tenant=device.tenant,
        store=device.store,
        device=device.device,
        event_id=event_id,
        kind=HEARTBEAT,
        natural_key=None,
        digest=b"",
        supersedes=None,
        conflict=False,
        time=NOON,
        received_at=received_at,
        historical=historical,
        body=stamp(body, EPOCH, position),
        corrected=corrected,
    )


def fold(office: BackOffice, *entries: LedgerEntry) -> None:
    with write(office.engine) as connection:
        HeartbeatFold().apply(connection, entries)


def only(office: BackOffice) -> DeviceView:
    (view,) = office.fleet.devices()
    return view


def test_device_that_was_never_heard_of_is_new(office: BackOffice) -> None:
    view = only(office)
    assert view.state is DeviceState.NEW
    assert (view.pending, view.oldest_unsettled_s, view.since) == (0, 0, None)


def test_birth_brings_a_device_online(office: BackOffice) -> None:
    office.registry.born(SHOP, a_birth(), NOON)
    view = only(office)
    assert view.state is DeviceState.ONLINE
    assert (view.agent_version, view.since) == ("0.1.0", NOON)
    assert view.started_at == NOON - timedelta(minutes=1)


@pytest.mark.parametrize("text", ["", "yesterday", "99999-01-01T00:00:00Z"])
def test_birth_with_an_unreadable_time_counts_all_the_same(office: BackOffice, text: str) -> None:
    office.registry.born(SHOP, a_birth(started_at=text), NOON)
    assert only(office).state is DeviceState.ONLINE
    assert only(office).started_at is None


def test_will_takes_it_offline(office: BackOffice) -> None:
    office.registry.born(SHOP, a_birth(), NOON)
    office.registry.state_changed(SHOP, a_state(online=False), NOON + timedelta(seconds=5))
    view = only(office)
    assert (view.state, view.since) == (DeviceState.OFFLINE, NOON + timedelta(seconds=5))


def test_late_will_of_an_older_connection_harms_no_newer_one(office: BackOffice) -> None:
    office.registry.born(SHOP, a_birth("b1"), NOON)
    office.registry.born(SHOP, a_birth("b2"), NOON + timedelta(seconds=1))
    office.registry.state_changed(SHOP, a_state("b1", online=False), NOON + timedelta(seconds=2))
    assert only(office).state is DeviceState.ONLINE


@pytest.mark.parametrize("order", list(permutations(["birth", "state", "birth", "state"])))
def test_retained_words_of_a_gone_device_bring_it_back_in_no_order(
    office: BackOffice, order: tuple[str, ...]
) -> None:
    for word in order:
        if word == "birth":
            office.registry.born(SHOP, a_birth("b7"), NOON)
        else:
            office.registry.state_changed(SHOP, a_state("b7", online=False), NOON)
    assert only(office).state is DeviceState.OFFLINE


def test_repeated_words_do_not_move_the_moment_it_went(office: BackOffice) -> None:
    office.registry.born(SHOP, a_birth(), NOON)
    for minutes in (1, 60):
        at = NOON + timedelta(minutes=minutes)
        office.registry.state_changed(SHOP, a_state(online=False), at)
        office.registry.born(SHOP, a_birth(), at)
    assert only(office).since == NOON + timedelta(minutes=1)
    assert only(office).last_birth_at == NOON


def test_online_state_of_a_connection_that_ended_is_not_believed(office: BackOffice) -> None:
    office.registry.born(SHOP, a_birth(), NOON)
    office.registry.state_changed(SHOP, a_state(online=False), NOON)
    office.registry.state_changed(SHOP, a_state(online=True), NOON)
    assert only(office).state is DeviceState.OFFLINE


def test_words_of_a_device_at_another_place_change_nothing(office: BackOffice) -> None:
    elsewhere = DevicePath(TENANT, StoreId("sh-0002"), SHOP.device)
    office.registry.born(elsewhere, a_birth(), NOON)
    office.registry.state_changed(elsewhere, a_state(online=False), NOON)
    assert only(office).state is DeviceState.NEW


def test_device_that_should_speak_and_does_not_is_silent(office: BackOffice) -> None:
    office.registry.born(SHOP, a_birth(), office.clock.now())
    office.hand.move(90)
    assert only(office).state is DeviceState.ONLINE
    office.hand.move(1)
    assert only(office).state is DeviceState.SILENT
    fold(office, a_heartbeat(received_at=office.clock.now()))
    assert only(office).state is DeviceState.ONLINE


def test_oldest_unsettled_grows_while_nothing_is_heard(office: BackOffice) -> None:
    fold(office, a_heartbeat(pending=3, oldest_age_s=12.5))
    office.hand.move(100)
    view = only(office)
    assert (view.pending, view.oldest_unsettled_s) == (3, 112.5)
    assert [(owed.stream, owed.oldest_s) for owed in view.owed] == [
        ("sale", 112.5),
        ("telemetry", 0),
    ]


def test_nothing_owed_stays_nothing(office: BackOffice) -> None:
    fold(office, a_heartbeat())
    office.hand.move(100)
    assert only(office).oldest_unsettled_s == 0


def test_last_heartbeat_counts(office: BackOffice) -> None:
    later = NOON + timedelta(seconds=30)
    fold(office, a_heartbeat(1, pending=5), a_heartbeat(2, pending=1, received_at=later))
    view = only(office)
    assert (view.pending, view.last_heartbeat_at) == (1, later)
    assert view.heartbeat is not None
    assert (view.heartbeat.quarantined, view.heartbeat.rss_bytes) == (2, 48 << 20)


def test_heartbeat_from_before_an_outage_does_not_replace_a_fresh_one(office: BackOffice) -> None:
    fold(office, a_heartbeat(1, pending=1))
    fold(office, a_heartbeat(2, pending=99, historical=True))
    assert only(office).pending == 1


def test_heartbeats_of_strangers_are_passed_over(office: BackOffice) -> None:
    stranger = DevicePath(TENANT, SHOP.store, DeviceId("stranger"))
    moved = DevicePath(TENANT, StoreId("sh-0002"), SHOP.device)
    fold(office, a_heartbeat(1, device=stranger), a_heartbeat(2, pending=9, device=moved))
    assert only(office).heartbeat is None


def test_folding_anew_gives_the_same(office: BackOffice) -> None:
    office.registry.born(SHOP, a_birth(), NOON)
    entries = [a_heartbeat(1, pending=5), a_heartbeat(2, pending=1)]
    fold(office, *entries)
    before = only(office)
    with write(office.engine) as connection:
        HeartbeatFold().clear(connection)
    assert only(office).heartbeat is None
    assert only(office).state is DeviceState.ONLINE
    fold(office, *entries)
    assert only(office) == before


def test_stamp_changes_with_everything_that_is_heard(office: BackOffice) -> None:
    stamps = [office.fleet.stamp()]
    office.registry.born(SHOP, a_birth(), NOON)
    stamps.append(office.fleet.stamp())
    fold(office, a_heartbeat())
    stamps.append(office.fleet.stamp())
    office.registry.state_changed(SHOP, a_state(online=False), NOON + timedelta(seconds=9))
    stamps.append(office.fleet.stamp())
    office.registry.rotate(SHOP.device, TERMINAL)
    stamps.append(office.fleet.stamp())
    assert len(set(stamps)) == len(stamps)
    assert office.fleet.stamp() == stamps[-1]


def test_fleet_can_be_narrowed_to_a_store(office: BackOffice) -> None:
    office.open_store("sh-0002")
    office.enrol(DevicePath(TENANT, StoreId("sh-0002"), DeviceId("sh-0002-pos1")))
    names = [view.device.path.device for view in office.fleet.devices(TENANT, StoreId("sh-0002"))]
    assert names == ["sh-0002-pos1"]
    assert len(office.fleet.devices(TENANT)) == 2


def test_reported_twin_moves_forward_only(office: BackOffice) -> None:
    for version, text in ((2, b'{"a":2}'), (1, b'{"a":1}')):
        document = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        reported = Reported(version=version, desired=0, document=document)
        office.registry.reported(SHOP, reported, NOON)
    with read(office.engine) as connection:
        row = connection.execute(select(DEVICE_TWIN)).one()
    assert (row.reported_version, row.reported) == (2, '{"a":2}')


def test_desired_twin_gets_a_new_version_each_time(office: BackOffice) -> None:
    document = {"heartbeat_s": msgspec.Raw(b"60")}
    with write(office.engine) as connection:
        wanted = [desire(connection, SHOP.device, document).version for _ in range(2)]
        assert wanted == [1, 2]
        with pytest.raises(NotFound):
            desire(connection, DeviceId("unknown"), document)


@pytest.mark.parametrize(
    ("skew_s", "quality", "wrong"),
    [
        (0.4, ClockQuality.SYNCHRONISED, False),
        (119, ClockQuality.FREE, False),
        (121, ClockQuality.FREE, True),
        (-3600, ClockQuality.FREE, True),
        (0, ClockQuality.UNSET, True),
    ],
)
def test_a_clock_that_is_far_off_or_known_to_be_wrong_is_pointed_out(
    office: BackOffice, skew_s: float, quality: ClockQuality, wrong: bool
) -> None:
    fold(office, a_heartbeat(corrected=NOON - timedelta(seconds=skew_s), quality=quality))
    clock = only(office).clock
    assert (clock.skew_s, clock.quality, clock.wrong) == (skew_s, quality, wrong)


def test_a_clock_that_nobody_has_compared_is_not_called_wrong(office: BackOffice) -> None:
    assert not only(office).clock.wrong
    fold(office, a_heartbeat())
    assert (only(office).clock.skew_s, only(office).clock.quality) == (None, ClockQuality.FREE)


def test_a_rebuild_forgets_the_skew(office: BackOffice) -> None:
    fold(office, a_heartbeat(corrected=NOON - timedelta(hours=1)))
    with write(office.engine) as connection:
        HeartbeatFold().clear(connection)
    assert only(office).clock == ClockView()


def test_a_box_that_is_enrolled_anew_begins_with_no_clock(office: BackOffice) -> None:
    said = msgspec.structs.replace(a_birth(), monotonic="5000")
    office.registry.born(SHOP, said, NOON)
    office.registry.revoke(SHOP.device, TERMINAL)
    office.enrol()
    with read(office.engine) as connection:
        assert connection.execute(select(DEVICE_BOOT)).all() == []


def test_a_birth_tells_how_the_boots_clock_stands(office: BackOffice) -> None:
    office.registry.born(SHOP, msgspec.structs.replace(a_birth(), monotonic="5000"), NOON)
    office.registry.born(SHOP, msgspec.structs.replace(a_birth("b2"), monotonic="five"), NOON)
    with read(office.engine) as connection:
        (row,) = connection.execute(select(DEVICE_BOOT)).all()
    clock = msgspec.json.decode(row.clock, type=BootClock)
    assert from_ms(clock.time_ms(6000)) == NOON + timedelta(seconds=1)

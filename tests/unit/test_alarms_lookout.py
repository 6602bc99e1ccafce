"""From what devices, ledger and workers leave in the database to the alarms that it asks for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from cloud.devices import DeviceView
from cloud.devices.tables import DEVICE_BIRTH
from cloud.errors import DatabaseUnavailable
from cloud.ingest.alarms import AlarmKind, CloudAlarm, Wanted
from cloud.ingest.alarms.lookout import FLEET_S, Lookout
from cloud.ingest.alarms.signs.workers import GRACE
from cloud.ingest.guard import TooManyRefusals
from cloud.ingest.refusals import RefusalAlarms
from cloud.ingest.roster import StoredRoster
from cloud.ledger.generation import renew_generation
from cloud.ledger.tables import DeadLetterRow, table_of
from cloud.storage import write
from models.wire.ack import EpochSettled
from models.wire.birth import Birth, EpochHeld, State
from models.wire.envelope import ClockQuality, Moment, compose, stamp
from models.wire.events.device import EpochClosed, Heartbeat, RangeVoid, StreamClosed, StreamDepth
from models.wire.ids import DeviceId, DevicePath, Epoch, StoreId, part_of, uuid7
from models.wire.registry import EPOCH_CLOSED, RANGE_VOID, EventData, EventType
from models.wire.topics import Stream
from tests.simulators.back_office import TERMINAL
from tests.simulators.facts import EPOCH, SHOP, a_batch, a_sale, stamped
from tests.simulators.ledger_premises import a_payload
from tests.simulators.paper_roster import LEASE_S, Colleague
from tests.simulators.whole_cloud import WholeCloud

THEIRS = Epoch("b" * 32)
DEVICE = SHOP.device
SECOND_BOX = DevicePath(SHOP.tenant, SHOP.store, DeviceId("sh-0001-pos2"))


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[WholeCloud]:
    with WholeCloud(tmp_path) as made:
        made.open_store()
        made.enrol()
        yield made


def raised(cloud: WholeCloud) -> dict[AlarmKind, CloudAlarm]:
    """What stands after a look, with the fleet looked at."""
    cloud.hand.move(FLEET_S)
    cloud.lookout.look()
    return {alarm.kind: alarm for alarm in cloud.alarms.listed()}


def cloud_alarms(cloud: WholeCloud, kind: AlarmKind) -> list[CloudAlarm]:
    """Those of one kind that stand after a look."""
    raised(cloud)
    return cloud.alarms.listed(Wanted(kind=kind))


def be_born(
    cloud: WholeCloud,
    birth: str,
    process: str = "one",
    *,
    epoch: str = EPOCH,
    last: int = 0,
    retained: bool = False,
) -> None:
    held = [EpochHeld(epoch, {"sale": last, "telemetry": 99})]
    said = Birth(birth=birth, bootid="boot", agent_version="1", started_at=process, epochs=held)
    cloud.registry.born(SHOP, said, cloud.clock.now(), retained=retained)


def claim(cloud: WholeCloud, birth: str, last: int, path: DevicePath = SHOP) -> None:
    """A birth that says that so many sales were acknowledged by this very ledger."""
    epoch = Epoch(f"{len(path.prefix):02x}" * 16 if path != SHOP else EPOCH)
    said = Birth(
        birth=birth,
        bootid="boot",
        agent_version="1",
        started_at="one",
        epochs=[EpochHeld(epoch, {"sale": last})],
        ledger=cloud.journal.generation,
        acknowledged=[EpochSettled(epoch, {"sale": [(1, last)]})],
    )
    cloud.registry.born(path, said, cloud.clock.now())


def go(cloud: WholeCloud, birth: str) -> None:
    word = State(online=False, bootid="boot", birth=birth, at="")
    cloud.registry.state_changed(SHOP, word, cloud.clock.now())


def tell(cloud: WholeCloud, kind: EventType, data: EventData, sequence: int) -> None:
    moment = Moment(cloud.clock.now(), 1, "boot", ClockQuality.SYNCHRONISED)
    event_id = uuid7(sequence, cloud.random(10))
    body = compose(device=SHOP, event_id=event_id, kind=kind, data=data, at=moment)
    cloud.arrive(a_payload([stamp(body, EPOCH, sequence)], sequence))


def void(stream: Stream, reason: str, count: int = 4) -> RangeVoid:
    return RangeVoid(epoch=EPOCH, stream=stream, ranges=[(1, count)], count=count, reason=reason)


def test_a_healthy_shop_raises_no_alarm(cloud: WholeCloud) -> None:
    be_born(cloud, "b1")
    cloud.sell(a_sale(1), a_sale(2))
    cloud.beat(
        Heartbeat(uptime_s=1, streams=[StreamDepth(stream="sale", pending=0, oldest_age_s=0)])
    )
    be_born(cloud, "b2", "two", last=2)
    assert raised(cloud) == {}


def test_twins_are_told_apart_from_a_clone(cloud: WholeCloud) -> None:
    for number, (process, epoch) in enumerate([("one", EPOCH), ("two", THEIRS)] * 2):
        be_born(cloud, f"b{number}", process, epoch=epoch)
    found = raised(cloud)
    assert found.keys() == {AlarmKind.TWIN_IDENTITY}
    twin = found[AlarmKind.TWIN_IDENTITY]
    assert (twin.about, twin.store, twin.times) == (DEVICE, SHOP.store, 2)
    assert twin.facts == {"started": "one"}
    be_born(cloud, "b8", "three", epoch=THEIRS)
    be_born(cloud, "b9", "two", epoch=THEIRS)
    clone = raised(cloud)[AlarmKind.CLONED_DISK]
    assert clone.facts == {"epoch": "b" * 8, "owner": DEVICE}


def test_a_birth_of_long_ago_that_the_ledger_has_forgotten_says_nothing_of_the_outbox(
    cloud: WholeCloud,
) -> None:
    """The ledger was put back, and the box's newer events are there before the retained birth."""
    cloud.sell(a_sale(1), a_sale(2), a_sale(3))
    be_born(cloud, "b1", last=1, retained=True)
    assert raised(cloud) == {}


def test_an_outbox_that_was_put_back_is_noticed_at_its_birth(cloud: WholeCloud) -> None:
    be_born(cloud, "b1")
    cloud.sell(*(a_sale(n) for n in range(1, 6)))
    be_born(cloud, "b2", "two", last=3)
    found = raised(cloud)
    assert found.keys() == {AlarmKind.OUTBOX_RESTORED}
    assert found[AlarmKind.OUTBOX_RESTORED].facts == {"behind": 2}


def test_a_birth_known_before_alarms_were_is_not_held_against_the_ledger(
    cloud: WholeCloud,
) -> None:
    """After an upgrade, births retained by the broker are older than what was sent since."""
    be_born(cloud, "b1")
    with write(cloud.engine) as connection:
        connection.execute(delete(DEVICE_BIRTH))
    cloud.sell(a_sale(1))
    be_born(cloud, "b1")
    assert raised(cloud) == {}


def test_a_conflict_is_told_with_how_many_events_it_concerns(cloud: WholeCloud) -> None:
    cloud.arrive(a_batch([a_sale(1), a_sale(2)]))
    cloud.arrive(a_batch([a_sale(3), a_sale(4)]))
    alarm = raised(cloud)[AlarmKind.CONFLICT]
    assert (alarm.about, alarm.times, alarm.facts) == (DEVICE, 2, {"events": 2})
    cloud.alarms.acknowledge(alarm.id, cloud.audit, TERMINAL)
    cloud.views.rebuild()
    while cloud.views.step():
        pass
    assert raised(cloud) == {}, "a replay of the ledger tells nothing anew"


def test_losses_and_thinning_are_told_apart(cloud: WholeCloud) -> None:
    tell(cloud, RANGE_VOID, void(Stream.FOOTFALL, "thinned", 3), 1)
    tell(cloud, RANGE_VOID, void(Stream.TELEMETRY, "dropped", 5), 2)
    found = raised(cloud)
    assert found.keys() == {AlarmKind.EVENTS_THINNED}
    assert found[AlarmKind.EVENTS_THINNED].facts == {
        "events": 8,
        "streams": "footfall, telemetry",
        "reasons": "dropped, thinned",
    }
    tell(cloud, RANGE_VOID, void(Stream.FOOTFALL, "unreadable"), 3)
    tell(cloud, RANGE_VOID, void(Stream.MEMBER, "the phone 13912345678 is gone"), 4)
    lost = raised(cloud)[AlarmKind.EVENTS_LOST]
    assert lost.facts == {
        "events": 8,
        "streams": "footfall, member",
        "reasons": "other, unreadable",
    }


def test_a_repaired_outbox_is_told_and_one_that_moved_on_is_not(cloud: WholeCloud) -> None:
    def closed(reason: str) -> EpochClosed:
        lasts = [StreamClosed("sale", 9)]
        return EpochClosed(epoch=THEIRS, successor=EPOCH, reason=reason, streams=lasts)

    tell(cloud, EPOCH_CLOSED, closed("sequence_taken"), 1)
    assert raised(cloud) == {}
    tell(cloud, EPOCH_CLOSED, closed("the outbox file was damaged; what could be read goes on"), 2)
    assert raised(cloud).keys() == {AlarmKind.OUTBOX_SALVAGED}


def test_a_ledger_that_was_put_back_is_told_once(cloud: WholeCloud) -> None:
    assert raised(cloud) == {}
    generation = renew_generation(cloud.engine)
    alarm = raised(cloud)[AlarmKind.LEDGER_RESTORED]
    assert (alarm.facts["generation"], alarm.store) == (generation, None)
    cloud.alarms.acknowledge(alarm.id, cloud.audit, TERMINAL)
    assert raised(cloud) == {}
    renew_generation(cloud.engine)
    assert raised(cloud).keys() == {AlarmKind.LEDGER_RESTORED}


def test_what_a_device_had_acknowledged_and_the_ledger_lacks_is_told_of_that_device(
    cloud: WholeCloud,
) -> None:
    cloud.enrol(SECOND_BOX)
    cloud.sell(*(a_sale(n) for n in range(1, 6)))
    claim(cloud, "b1", 5)
    assert raised(cloud) == {}
    claim(cloud, "b2", 8)
    claim(cloud, "b3", 9, SECOND_BOX)
    found = {alarm.about: alarm for alarm in cloud_alarms(cloud, AlarmKind.LEDGER_LACKS)}
    assert found[DEVICE].facts == {"events": 3, "streams": "sale"}
    assert raised(cloud).keys() == {AlarmKind.LEDGER_LACKS}, "one shop may be wrong or lie"


def test_devices_of_two_shops_that_say_so_speak_of_the_ledger(cloud: WholeCloud) -> None:
    elsewhere = DevicePath(SHOP.tenant, StoreId("sh-0002"), DeviceId("sh-0002-pos1"))
    cloud.open_store(store=elsewhere.store)
    cloud.enrol(elsewhere)
    claim(cloud, "b1", 8)
    assert AlarmKind.LEDGER_WENT_BACK not in raised(cloud)
    claim(cloud, "b2", 8, elsewhere)
    alarm = raised(cloud)[AlarmKind.LEDGER_WENT_BACK]
    assert (alarm.facts, alarm.about, alarm.store) == ({"devices": 2, "shops": 2}, "", None)
    cloud.alarms.acknowledge(alarm.id, cloud.audit, TERMINAL)
    assert AlarmKind.LEDGER_WENT_BACK not in raised(cloud), "nothing new was said"


def test_what_was_acknowledged_by_another_generation_is_nobodys_alarm(cloud: WholeCloud) -> None:
    """The restore was announced, so everybody knows."""
    assert raised(cloud) == {}
    renew_generation(cloud.engine)
    claim(cloud, "b1", 8)
    assert raised(cloud).keys() == {AlarmKind.LEDGER_RESTORED}


def test_what_nobody_keeps_any_more_has_an_alarm_of_its_own(cloud: WholeCloud) -> None:
    tell(cloud, RANGE_VOID, void(Stream.SALE, "forgotten", 3), 1)
    tell(cloud, RANGE_VOID, void(Stream.TELEMETRY, "forgotten", 5), 2)
    found = raised(cloud)
    assert found.keys() == {AlarmKind.EVENTS_FORGOTTEN}
    facts = found[AlarmKind.EVENTS_FORGOTTEN].facts
    assert (facts["events"], facts["streams"]) == (8, "sale, telemetry")


def test_dead_letters_are_told_until_all_are_accepted(cloud: WholeCloud) -> None:
    cloud.arrive(a_payload([b'{"bad":1}', stamped(a_sale(2), 2), b'{"bad":3}']))
    alarm = raised(cloud)[AlarmKind.DEAD_LETTERS]
    assert (alarm.about, alarm.times, alarm.facts["letters"]) == (DEVICE, 2, 2)
    assert raised(cloud)[AlarmKind.DEAD_LETTERS].times == 2
    letters = table_of(DeadLetterRow)
    with write(cloud.engine) as connection:
        connection.execute(letters.update().values(replayed_ms=1))
    assert raised(cloud) == {}


def test_refusals_that_are_withheld_stand_until_they_are_resumed(cloud: WholeCloud) -> None:
    refusals = RefusalAlarms(cloud.engine, cloud.clock)
    refusals.keep("one", "1.0", [TooManyRefusals(SHOP, refused=120, events=200)])
    found = raised(cloud)
    assert found.keys() == {AlarmKind.REFUSALS_WITHHELD}
    alarm = found[AlarmKind.REFUSALS_WITHHELD]
    assert (alarm.about, alarm.store) == (DEVICE, SHOP.store)
    assert alarm.facts == {"refused": 120, "events": 200, "version": "1.0"}
    others = [DevicePath(SHOP.tenant, SHOP.store, DeviceId(f"pos-{n}")) for n in (8, 9)]
    refusals.keep("one", "1.0", [TooManyRefusals(each, 120, 200) for each in others])
    assert raised(cloud)[AlarmKind.REFUSALS_EVERYWHERE].facts == {"devices": 3}
    refusals.resume(cloud.audit, TERMINAL)
    assert raised(cloud) == {}


def test_a_device_that_owes_and_is_not_heard_of_is_told(cloud: WholeCloud) -> None:
    be_born(cloud, "b1")
    owed = [
        StreamDepth(stream="telemetry", pending=9, oldest_age_s=1),
        StreamDepth(stream="sale", pending=2, oldest_age_s=1),
    ]
    cloud.beat(Heartbeat(uptime_s=1, streams=owed))
    go(cloud, "b1")
    assert raised(cloud) == {}
    cloud.hand.move(120)
    alarm = raised(cloud)[AlarmKind.DEVICE_SILENT]
    assert (alarm.about, alarm.facts) == (DEVICE, {"owed": 2, "streams": "sale 2"})
    be_born(cloud, "b2")
    assert raised(cloud) == {}


def test_a_device_that_owes_nothing_may_be_switched_off(cloud: WholeCloud) -> None:
    be_born(cloud, "b1")
    depths = [StreamDepth(stream="telemetry", pending=9, oldest_age_s=1)]
    cloud.beat(Heartbeat(uptime_s=1, streams=depths))
    go(cloud, "b1")
    cloud.hand.move(86_400)
    assert raised(cloud) == {}


def test_a_wrong_clock_is_told_while_it_is_heard_of_and_stands_while_it_is_not(
    cloud: WholeCloud,
) -> None:
    be_born(cloud, "b1")
    cloud.beat(Heartbeat(uptime_s=1, streams=[]))
    cloud.clock_is_off(3600.0)
    assert raised(cloud)[AlarmKind.CLOCK_WRONG].facts["minutes"] == 60
    go(cloud, "b1")
    cloud.clock_is_off(0.0)
    assert raised(cloud).keys() == {AlarmKind.CLOCK_WRONG}
    be_born(cloud, "b2")
    assert raised(cloud) == {}


def test_parts_that_nobody_serves_are_told_after_a_grace(cloud: WholeCloud) -> None:
    cloud.lookout = Lookout(cloud.engine, cloud.fleet, cloud.alarms, cloud.clock, LEASE_S)
    roster = StoredRoster(cloud.engine, cloud.clock, "1")
    worker = Colleague("one", roster)
    worker.turn()
    assert raised(cloud) == {}
    turns = int((GRACE + 1) * LEASE_S / FLEET_S) + 1
    for _ in range(turns):
        worker.turn()
        assert raised(cloud) == {}, "it gives signs of life"
    for _ in range(turns):
        raised(cloud)
    stopped = raised(cloud)[AlarmKind.INGEST_STOPPED]
    assert (stopped.store, stopped.facts) == (None, {"parts": f"{part_of(SHOP.store)}"})
    worker.turn()
    assert raised(cloud) == {}


def test_a_worker_that_was_struck_is_told_until_it_is_back(cloud: WholeCloud) -> None:
    roster = StoredRoster(cloud.engine, cloud.clock, "1")
    one, two = Colleague("one", roster), Colleague("two", roster)
    one.turn()
    two.turn()
    two.clock.move(2 * LEASE_S)
    two.turn()
    alarm = raised(cloud)[AlarmKind.WORKER_GONE]
    assert (alarm.about, alarm.facts) == ("one", {"parts": "0-63", "heir": "two"})
    one.turn()
    assert raised(cloud) == {}


def test_one_broken_glance_does_not_blind_the_others(cloud: WholeCloud) -> None:
    class BrokenFleet:
        def devices(self) -> list[DeviceView]:
            raise KeyError("a row that nobody has thought of")

    lookout = Lookout(
        cloud.engine,
        BrokenFleet(),
        cloud.alarms,
        cloud.clock,
        LEASE_S,
    )
    cloud.arrive(a_payload([b'{"bad":1}']))
    assert lookout.look()
    assert [alarm.kind for alarm in cloud.alarms.listed()] == [AlarmKind.DEAD_LETTERS]


def test_a_database_that_is_away_is_said_to_be_away(cloud: WholeCloud) -> None:
    class AwayFleet:
        def devices(self) -> list[DeviceView]:
            raise DatabaseUnavailable("away")

    lookout = Lookout(
        cloud.engine,
        AwayFleet(),
        cloud.alarms,
        cloud.clock,
        LEASE_S,
    )
    with pytest.raises(DatabaseUnavailable):
        lookout.look()
    assert cloud.alarms.listed(Wanted(over=True)) == []

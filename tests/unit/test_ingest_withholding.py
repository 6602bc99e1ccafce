"""Refusals withheld: what passes all the same, who keeps the alarm, and who ends it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from cloud.access import AuditLog
from cloud.access.audit import Actor
from cloud.errors import DatabaseUnavailable
from cloud.ingest.guard import TooManyRefusals
from cloud.ingest.refusals import RefusalAlarm, RefusalAlarms
from cloud.ingest.withholding import Withholding, sift
from cloud.ledger.reading import Readable, Reading, read_arrival
from models.wire.ids import DeviceId, DevicePath
from tests.simulators.databases import Databases
from tests.simulators.facts import NOON, SHOP, a_sale, stamped
from tests.simulators.ledger_premises import LedgerPremises, a_payload

EVERYBODY = frozenset({SHOP}).__contains__
NOBODY = frozenset[DevicePath]().__contains__
SEEN = TooManyRefusals(SHOP, refused=300, events=400)


@pytest.fixture
def ledger(databases: Databases, tmp_path: Path) -> Iterator[LedgerPremises]:
    premises = LedgerPremises(tmp_path, databases)
    yield premises
    premises.close()


@pytest.fixture
def alarms(ledger: LedgerPremises) -> RefusalAlarms:
    return RefusalAlarms(ledger.engine, ledger.clock)


def worker(alarms: RefusalAlarms, name: str = "a", version: str = "1") -> Withholding:
    one = Withholding(name, version, alarms)
    one.refresh()
    return one


def reading(ledger: LedgerPremises, payload: bytes) -> Reading:
    return read_arrival(ledger.arrival(payload))


def test_good_events_pass_in_pieces_under_their_own_sequences(ledger: LedgerPremises) -> None:
    events = [stamped(a_sale(n), n) for n in range(1, 8)]
    events[2] = events[3] = events[6] = b'{"bad":1}'
    (first, second), withheld = sift([reading(ledger, a_payload(events))], EVERYBODY)
    assert isinstance(first, Readable)
    assert isinstance(second, Readable)
    assert (first.first, first.last, second.first, second.last) == (1, 2, 5, 6)
    assert [event.sequence for event in second.events] == [5, 6]
    assert withheld == 3


def test_what_is_good_throughout_passes_as_it_is(ledger: LedgerPremises) -> None:
    good = reading(ledger, a_payload([stamped(a_sale(1), 1)]))
    assert sift([good], EVERYBODY) == ([good], 0)


def test_an_id_that_does_not_fit_is_withheld_too(ledger: LedgerPremises) -> None:
    misnamed = msgspec.json.decode(stamped(a_sale(1), 1))
    misnamed["id"] = "00000000-0000-5000-8000-000000000000"
    found = reading(ledger, a_payload([msgspec.json.encode(misnamed)]))
    assert sift([found], EVERYBODY) == ([], 1)
    assert sift([found], NOBODY) == ([found], 0)


def test_noise_is_left_without_an_answer_and_a_batch_to_be_halved_is_halved_all_the_same(
    ledger: LedgerPremises,
) -> None:
    damaged = reading(ledger, a_payload([b"{}", b"{}"], 5)[:-3] + b"]")
    assert sift([reading(ledger, b"noise"), damaged], EVERYBODY) == ([damaged], 1)


def test_without_a_store_it_lasts_as_long_as_the_process() -> None:
    alone = Withholding("a", "1")
    alone.begin(SEEN)
    alone.refresh()
    assert alone.covers(SHOP)
    assert not Withholding("a", "1").devices


def test_a_restart_of_the_same_version_withholds_on(alarms: RefusalAlarms) -> None:
    before = worker(alarms)
    before.begin(SEEN)
    before.refresh()
    assert worker(alarms).devices
    (alarm,) = alarms.standing()
    assert alarm == RefusalAlarm(SHOP.prefix, "a", "1", NOON, refused=300, events=400)


def test_another_version_begins_anew_and_takes_its_own_alarm_down(alarms: RefusalAlarms) -> None:
    before = worker(alarms)
    before.begin(SEEN)
    before.refresh()
    assert not worker(alarms, "b", "2").devices
    assert len(alarms.standing()) == 1
    assert not worker(alarms, "a", "2").devices
    assert alarms.standing() == []


def test_colleagues_of_the_same_version_withhold_too(alarms: RefusalAlarms) -> None:
    a, b = worker(alarms), worker(alarms, "b")
    a.begin(SEEN)
    a.refresh()
    assert not b.devices
    b.refresh()
    assert b.devices


def test_the_operators_word_ends_it_everywhere_and_is_audited(
    ledger: LedgerPremises, alarms: RefusalAlarms
) -> None:
    a, b = worker(alarms), worker(alarms, "b")
    a.begin(SEEN)
    for each in (a, b):
        each.refresh()
    audit = AuditLog(b"k" * 32, ledger.clock)
    assert [one.worker for one in alarms.resume(audit, Actor("terminal"))] == ["a"]
    for each in (a, b):
        each.refresh()
    assert (a.devices, b.devices) == (frozenset(), frozenset())
    assert alarms.resume(audit, Actor("terminal")) == []
    assert audit.verify(ledger.engine).entries == 1


def test_from_the_third_device_on_it_is_taken_for_our_own_fault() -> None:
    one = Withholding("a", "1")
    for number in (1, 2):
        one.begin(TooManyRefusals(device(number), 300, 400))
    assert (one.covers(device(2)), one.covers(SHOP), one.from_everybody) == (True, False, False)
    one.begin(TooManyRefusals(device(3), 300, 400))
    assert (one.covers(SHOP), one.from_everybody) == (True, True)


def device(number: int) -> DevicePath:
    return DevicePath(SHOP.tenant, SHOP.store, DeviceId(f"d{number}"))


class Away:
    """Implements ``Alarms``, badly."""

    def keep(self, worker: str, version: str, seen: Sequence[TooManyRefusals]) -> None:
        del worker, version, seen
        raise DatabaseUnavailable("away")

    def standing_for(self, worker: str, version: str) -> frozenset[str]:
        del worker, version
        raise DatabaseUnavailable("away")


def test_while_the_database_is_away_it_withholds_all_the_same() -> None:
    one = Withholding("a", "1", Away())
    one.begin(SEEN)
    with pytest.raises(DatabaseUnavailable):
        one.refresh()
    assert one.devices


class Meddler:
    """Implements ``Alarms``: a new alarm is raised while the database answers that none stands."""

    def __init__(self) -> None:
        self.withholding = Withholding("a", "1", self)
        self.kept = 0

    def keep(self, worker: str, version: str, seen: Sequence[TooManyRefusals]) -> None:
        del worker, version, seen
        self.kept += 1

    def standing_for(self, worker: str, version: str) -> frozenset[str]:
        del worker, version
        if not self.kept:
            self.withholding.begin(SEEN)
        return frozenset({SHOP.prefix} if self.kept else ())


def test_an_alarm_raised_while_the_database_is_asked_is_not_lost() -> None:
    meddler = Meddler()
    meddler.withholding.refresh()
    assert meddler.withholding.devices
    meddler.withholding.refresh()
    assert (meddler.withholding.covers(SHOP), meddler.kept) == (True, 1)

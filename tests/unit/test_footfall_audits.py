"""Audits behind the ledger: a camera's last one, and whether it says anything of its counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

import msgspec
import pytest

from cloud.footfall import CameraKey, Reports
from cloud.footfall.audits import KnownAudit, audits_beside
from cloud.storage import read
from models.wire.events.footfall import FootfallCounted
from models.wire.events.footfall_audit import AuditFigure, AuditTally, FootfallAudited
from tests.simulators.databases import Databases
from tests.simulators.facts import NOON, SHOP, a_minute, an_audit, an_unwatched_minute
from tests.simulators.little_ledger import STORE, TENANT, LittleLedger

DOOR = CameraKey(SHOP.device, "door")
EARLIER, LATER = "a" * 32, "b" * 32


@pytest.fixture(scope="module")
def ledger(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LittleLedger]:
    ledger = LittleLedger(tmp_path_factory.mktemp("shop"), databases)
    yield ledger
    ledger.close()


@pytest.fixture
def shop(ledger: LittleLedger) -> LittleLedger:
    ledger.wipe()
    return ledger


def known(
    shop: LittleLedger, begin: timedelta = timedelta(), end: timedelta = timedelta(hours=1)
) -> Mapping[CameraKey, KnownAudit]:
    with read(shop.engine) as connection:
        reports = Reports(connection, TENANT, STORE, NOON + begin, NOON + end)
        return audits_beside(connection, TENANT, STORE, reports.parts)


def audited_minute(minute: int, audit: str) -> FootfallCounted:
    counted = a_minute(NOON + timedelta(minutes=minute))
    return msgspec.structs.replace(counted, audit=audit)


def test_a_camera_that_nobody_audited_has_no_audit(shop: LittleLedger) -> None:
    shop.count(audited_minute(0, EARLIER))
    shop.fold()
    assert known(shop) == {}


def test_the_last_audit_holds_while_the_counts_bear_its_id(shop: LittleLedger) -> None:
    shop.audit(an_audit(EARLIER), an_audit(LATER))
    shop.count(audited_minute(1, LATER), audited_minute(0, EARLIER))
    shop.fold()
    assert known(shop) == {DOOR: KnownAudit(an_audit(LATER), holds=True)}


def test_it_holds_no_more_once_the_camera_is_counted_otherwise(shop: LittleLedger) -> None:
    shop.audit(an_audit(EARLIER))
    shop.count(audited_minute(0, EARLIER), audited_minute(1, ""))
    shop.fold()
    assert not known(shop)[DOOR].holds


def test_counts_keep_the_audit_that_they_bear_after_a_later_one(shop: LittleLedger) -> None:
    shop.audit(an_audit(EARLIER, hits=90), an_audit(LATER))
    shop.count(audited_minute(0, EARLIER), audited_minute(60, LATER), audited_minute(120, "c" * 32))
    shop.fold()
    hour = timedelta(hours=1)
    assert known(shop)[DOOR] == KnownAudit(an_audit(EARLIER, hits=90), holds=True)
    assert known(shop, hour, 2 * hour)[DOOR] == KnownAudit(an_audit(LATER), holds=True)
    assert known(shop, 2 * hour, 3 * hour)[DOOR] == KnownAudit(an_audit(LATER), holds=False)
    assert known(shop, 3 * hour, 4 * hour)[DOOR] == KnownAudit(an_audit(LATER), holds=False)


def test_a_minute_that_nobody_watched_changes_nothing(shop: LittleLedger) -> None:
    shop.audit(an_audit(EARLIER))
    shop.count(audited_minute(0, EARLIER), an_unwatched_minute(NOON + timedelta(minutes=1)))
    shop.fold()
    assert known(shop)[DOOR].holds


def test_folding_anew_or_twice_gives_the_same(shop: LittleLedger) -> None:
    shop.audit(an_audit(EARLIER), an_audit(EARLIER, camera="back"))
    shop.count(audited_minute(0, EARLIER))
    shop.fold()
    first = known(shop)
    shop.fold(entries=shop.entries)
    assert known(shop) == first
    shop.clear()
    assert known(shop) == {}
    shop.fold(batch=1)
    assert known(shop) == first
    assert set(first) == {DOOR, CameraKey(SHOP.device, "back")}


@pytest.mark.parametrize(
    "nonsense",
    [
        msgspec.structs.replace(an_audit(), total=AuditTally(seen=1, told=1, hits=2)),
        msgspec.structs.replace(an_audit(), camera="do\x00or"),
        msgspec.structs.replace(an_audit(), watched_s=1e9),
        msgspec.structs.replace(
            an_audit(), total=AuditTally(seen=1, told=1, hits=1, recall=AuditFigure(value=1.5))
        ),
    ],
)
def test_nobody_sees_figures_that_make_no_sense(
    shop: LittleLedger, nonsense: FootfallAudited
) -> None:
    shop.audit(nonsense)
    shop.fold()
    assert known(shop) == {}

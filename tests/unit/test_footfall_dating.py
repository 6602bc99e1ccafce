"""A camera box with a wrong clock counts people in the minutes in which they came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from cloud.footfall.dating import dated
from cloud.ledger.entry import LedgerEntry
from models.wire.events.footfall import FootfallCounted
from models.wire.ids import EventId
from models.wire.registry import FOOTFALL_COUNTED
from tests.simulators.facts import NOON, SHOP, a_minute

IN_1970 = datetime(1970, 1, 1, 0, 17, tzinfo=UTC)


def told(
    counted: FootfallCounted, time: datetime, corrected: datetime | None
) -> tuple[LedgerEntry, FootfallCounted]:
    entry = LedgerEntry(
        position=1,
        tenant=SHOP.tenant,
        store=SHOP.store,
        device=SHOP.device,
        event_id=EventId("00000000-0000-7000-8000-000000000001"),
        kind=FOOTFALL_COUNTED,
        natural_key=None,
        digest=b"",
        supersedes=None,
        conflict=False,
        time=time,
        received_at=NOON,
        historical=False,
        body=b"",
        corrected=corrected,
    )
    return entry, counted


def test_a_minute_told_in_1970_lies_where_it_was() -> None:
    time = IN_1970 + timedelta(seconds=64)
    corrected = NOON + timedelta(seconds=75)
    assert dated(*told(a_minute(IN_1970), time, corrected)).begin_at == NOON


@pytest.mark.parametrize("hours", [1, -1])
def test_an_hour_of_difference_is_an_hour(hours: int) -> None:
    wrong = timedelta(hours=hours, seconds=4)
    end = NOON + wrong + timedelta(seconds=66)
    minute = a_minute(NOON + timedelta(hours=hours))
    assert dated(*told(minute, end, end - wrong)).begin_at == NOON


@pytest.mark.parametrize("off_s", [0, 20, -29])
def test_a_clock_that_is_nearly_right_moves_nothing(off_s: int) -> None:
    end = NOON + timedelta(seconds=64)
    minute = a_minute(NOON)
    assert dated(*told(minute, end, end + timedelta(seconds=off_s))) is minute


@pytest.mark.parametrize(("duration_s", "grid_s"), [(300, 300), (900, 900), (3600, 900)])
def test_longer_intervals_stay_on_their_grid(duration_s: int, grid_s: int) -> None:
    end = NOON + timedelta(seconds=duration_s)
    moved = dated(*told(a_minute(NOON, duration_s=duration_s), end, end + timedelta(minutes=68)))
    assert (moved.begin_at - NOON).total_seconds() % grid_s == 0
    assert abs(moved.begin_at - NOON - timedelta(minutes=68)) <= timedelta(seconds=grid_s / 2)


def test_a_recording_keeps_its_own_time() -> None:
    minute = a_minute(NOON - timedelta(days=400))
    assert dated(*told(minute, IN_1970, NOON)) is minute


def test_an_event_that_nobody_could_date_stands_as_it_is() -> None:
    minute = a_minute(IN_1970)
    assert dated(*told(minute, IN_1970 + timedelta(seconds=64), None)) is minute


def test_an_interval_that_makes_no_sense_is_left_to_be_flagged() -> None:
    odd = msgspec.structs.replace(a_minute(NOON), duration_s=0)
    assert dated(*told(odd, NOON, NOON + timedelta(hours=1))) is odd

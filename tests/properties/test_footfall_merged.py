"""A law of thinned footfall: any events in any order make the sum of those that count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.footfall import totals
from cloud.storage import read
from models.wire.events.footfall import FootfallCounted
from tests.simulators.facts import NOON, a_minute
from tests.simulators.little_ledger import LittleLedger

MINUTES = 8

merges = st.lists(st.sets(st.integers(0, MINUTES - 1), min_size=2), max_size=4)
"""Which minutes each merged event holds."""


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LittleLedger]:
    ledger = LittleLedger(tmp_path_factory.mktemp("shop"))
    yield ledger
    ledger.close()


def merged(ids: Sequence[str]) -> FootfallCounted:
    whole = a_minute(NOON, ingress=len(ids), duration_s=900)
    return msgspec.structs.replace(whole, replaces=list(ids))


def came(ledger: LittleLedger) -> int:
    with read(ledger.engine) as connection:
        return totals(connection)[0]


@given(merges, st.sets(st.integers(0, MINUTES - 1)), st.data())
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nobody_counts_twice_and_nested_merges_lose_nobody(
    ledger: LittleLedger, sets: list[set[int]], arrived: set[int], data: st.DataObject
) -> None:
    ledger.wipe()
    ledger.count(*(a_minute(NOON + n * timedelta(minutes=1), ingress=1) for n in range(MINUTES)))
    ids = [entry.event_id for entry in ledger.entries]
    ledger.count(*(merged([ids[n] for n in sorted(held)]) for held in sets))
    here = sorted(arrived) + list(range(MINUTES, MINUTES + len(sets)))
    ledger.entries = [ledger.entries[n] for n in data.draw(st.permutations(here))]
    ledger.fold(batch=data.draw(st.integers(1, 4)))
    told = arrived.union(*sets)
    assert came(ledger) <= len(told)
    nested = all(a <= b or b <= a or not a & b for a in sets for b in sets)
    if nested:
        assert came(ledger) == len(told)
    if ledger.entries:
        before = came(ledger)
        again = st.lists(st.sampled_from(ledger.entries), unique_by=lambda entry: entry.position)
        ledger.fold(entries=data.draw(again))
        assert came(ledger) == before

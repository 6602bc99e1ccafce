"""Another box under our name: how it is noticed, and when it is an alarm."""

from __future__ import annotations

from itertools import count

import pytest
from prometheus_client import CollectorRegistry

from agent.sync.births import KEPT, Births
from agent.sync.metrics import SyncMetrics
from agent.sync.standing import RIVALRY_S, LineStanding
from models.wire.ack import Welcome
from tests.simulators.clocks import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


class Strangers:
    """Births of one process, and how many strange welcomes it noticed."""

    def __init__(self) -> None:
        numbers = count()
        self.noticed = 0
        self.births = Births(lambda size: next(numbers).to_bytes(size, "big"), self._notice)

    def hears(self, birth: str, *, rival: bool = False) -> None:
        self.births.heard(Welcome(ledger="g1", birth=birth, epochs=[], rival=rival))

    def _notice(self) -> None:
        self.noticed += 1


def test_every_connection_has_a_name_of_its_own() -> None:
    births = Strangers().births
    assert len({births.new() for _ in range(50)}) == 50


def test_a_welcome_that_the_last_run_left_at_the_broker_is_no_other_box() -> None:
    here = Strangers()
    ours = here.births.new()
    here.hears("of the last run")
    here.hears(ours)
    assert here.noticed == 0


def test_a_welcome_for_somebody_else_after_our_own_is_another_box() -> None:
    here = Strangers()
    early, late = here.births.new(), here.births.new()
    here.hears(early)
    here.hears("of another box")
    here.hears(late)
    here.hears(early)
    assert here.noticed == 1


def test_the_cloud_says_that_another_box_was_born_in_between() -> None:
    here = Strangers()
    early, late = here.births.new(), here.births.new()
    here.hears(early)
    here.hears(late, rival=True)
    here.hears(late, rival=True)
    assert here.noticed == 1, "a welcome may come twice"
    here.hears("of the other box", rival=True)
    assert here.noticed == 2


def test_births_are_remembered_for_many_connections_and_not_for_ever() -> None:
    here = Strangers()
    first = here.births.new()
    here.hears(first)
    for _ in range(KEPT - 1):
        here.births.new()
    here.hears(first)
    assert here.noticed == 0
    here.births.new()
    here.hears(first)
    assert here.noticed == 1


def test_one_sign_is_an_accident_and_two_within_half_an_hour_are_an_alarm(
    clock: HandClock,
) -> None:
    standing = LineStanding(clock)
    assert standing.facts().identity_shared is None, "it may not have met the other box yet"
    standing.rival()
    assert standing.facts().identity_shared is None
    clock.move(60.0)
    standing.rival()
    assert standing.facts().identity_shared is True
    clock.move(RIVALRY_S - 1.0)
    assert standing.facts().identity_shared is False, "the first of the two is long ago"
    standing.rival()
    assert standing.facts().identity_shared is True


def test_signs_are_counted_for_operators_too(clock: HandClock) -> None:
    registry = CollectorRegistry()
    metrics = SyncMetrics(registry, LineStanding(clock))
    metrics.rival()
    metrics.held_back(3)
    assert registry.get_sample_value("lianke_sync_rival_signs_total") == 1
    assert registry.get_sample_value("lianke_sync_events_held_back") == 3

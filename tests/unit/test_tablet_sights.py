"""Who is looking, for how long, and how often one may ask."""

from __future__ import annotations

from collections.abc import Callable

from agent.replica import Change, MemberRef
from agent.tablet.patience import Patience
from agent.tablet.sights import Sights
from tests.simulators.clocks import HandClock
from tests.simulators.facts import NOON

REF, HEIR = MemberRef("provisional:00ff"), MemberRef("one")


def counted() -> Callable[[int], bytes]:
    numbers = iter(range(10_000))
    return lambda size: next(numbers).to_bytes(size, "big")


def test_a_token_says_nothing_and_finds_its_member() -> None:
    sights = Sights(HandClock(), counted(), idle_s=60)
    sight = sights.open([REF])
    assert REF.value not in sight.token
    assert sights.find(sight.token) is sight
    assert sights.find("made-up") is None


def test_a_sight_nobody_uses_ends() -> None:
    clock = HandClock()
    sights = Sights(clock, counted(), idle_s=60)
    sight = sights.open([REF])
    clock.move(59)
    assert sights.find(sight.token) is sight
    clock.move(59)
    assert sights.find(sight.token) is sight
    clock.move(61)
    assert sights.find(sight.token) is None


def test_the_oldest_sight_makes_room() -> None:
    sights = Sights(HandClock(), counted(), idle_s=60)
    first = sights.open([REF])
    for _ in range(500):
        sights.open([REF])
    assert sights.find(first.token) is None


def test_details_are_shown_for_a_while_only() -> None:
    clock = HandClock()
    sights = Sights(clock, counted(), idle_s=60)
    sight = sights.open([REF])
    assert sights.shown_for_s(sight) == 0
    sights.show(sight, 20)
    clock.move(19)
    assert sights.shown_for_s(sight) == 1
    clock.move(1)
    assert sights.shown_for_s(sight) == 0
    sights.show(sight, 20)
    sights.hide(sight)
    assert sights.shown_for_s(sight) == 0


def test_whoever_looks_at_a_provisional_card_goes_on_with_the_real_one() -> None:
    sights = Sights(HandClock(), counted(), idle_s=60)
    sight = sights.open([REF])
    sights.follow(Change(REF, NOON))
    assert sight.refs == (REF,)
    sights.follow(Change(HEIR, NOON, formerly=REF))
    assert sight.refs == (HEIR,)


def test_a_guide_may_search_often_and_a_guesser_may_not() -> None:
    clock = HandClock()
    patience = Patience(clock, per_minute=3)
    assert [patience.wait_s("a") for _ in range(3)] == [0, 0, 0]
    clock.move(20)
    assert patience.wait_s("a") == 40
    assert patience.wait_s("b") == 0
    clock.move(40)
    assert patience.wait_s("a") == 0


def test_clients_who_are_long_gone_are_forgotten() -> None:
    patience = Patience(HandClock(), per_minute=1)
    assert patience.wait_s("first") == 0
    for n in range(1_000):
        patience.wait_s(str(n))
    assert patience.wait_s("first") == 0

"""A worker's shift: joining, renewing, dying, being replaced and leaving, on paper and in SQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, delete

from cloud.errors import DatabaseUnavailable
from cloud.ingest.roster import Board, Changes, Roster, Signature, StoredRoster, on_duty
from cloud.ingest.shift import DRIFT, LINGER_TURNS, DatabasePutBack, WorkerReplaced
from cloud.ingest.tables import INGEST_PART, INGEST_WORKER
from cloud.storage import write
from models.wire.ids import PARTS
from tests.simulators.clocks import HandClock, StoppedClock
from tests.simulators.databases import Databases
from tests.simulators.facts import NOON
from tests.simulators.paper_roster import LEASE_S, Colleague, PaperRoster

ALL = frozenset(range(PARTS))


@pytest.fixture(scope="module")
def empty_engine(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    engine = databases.open(tmp_path_factory.mktemp("roster"), ["cloud.ingest.tables"])
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty_engine: Engine) -> Engine:
    with write(empty_engine) as connection:
        for table in (INGEST_WORKER, INGEST_PART):
            connection.execute(delete(table))
    return empty_engine


@pytest.fixture(params=["paper", "stored"])
def roster(request: pytest.FixtureRequest, engine: Engine) -> Roster:
    return PaperRoster() if request.param == "paper" else StoredRoster(engine, HandClock(), "1")


def passes(seconds: float, *everybody: Colleague) -> None:
    for each in everybody:
        each.clock.move(seconds)


def test_who_comes_first_holds_everything_at_once(roster: Roster) -> None:
    a = Colleague("a", roster)
    a.turn()
    assert (a.holds, a.served) == (ALL, ALL)


def test_who_joins_is_given_half_within_two_turns_of_the_other(roster: Roster) -> None:
    a, b = Colleague("a", roster), Colleague("b", roster)
    a.turn()
    b.turn()
    assert (len(a.holds), len(b.holds)) == (PARTS, 0)
    a.turn()
    assert (len(a.holds), len(b.holds)) == (32, 0)
    b.turn()
    assert (len(a.holds), len(b.holds)) == (32, 32)
    assert a.holds | b.holds == ALL


def test_what_is_given_away_is_listened_to_until_the_other_does(roster: Roster) -> None:
    a, b = Colleague("a", roster), Colleague("b", roster)
    a.turn()
    b.turn()
    a.turn()
    for _ in range(LINGER_TURNS):
        assert a.served == ALL
        b.turn()
        assert b.served == b.holds
        a.turn()
    assert a.served == a.holds


def test_the_parts_of_the_dead_are_taken_over_after_their_lease_and_not_before(
    roster: Roster,
) -> None:
    a, b = Colleague("a", roster), Colleague("b", roster)
    for each in (a, b, a, b):
        each.turn()
    passes(LEASE_S, b)
    b.turn()
    assert len(b.holds) == 32
    passes(LEASE_S * (DRIFT - 1) + 0.01, b)
    b.turn()
    assert b.holds == ALL


def test_a_beat_that_moves_is_life_however_slow_the_clock_of_the_other(roster: Roster) -> None:
    a, b = Colleague("a", roster), Colleague("b", roster)
    for _ in range(10):
        a.turn()
        passes(LEASE_S - 1, b)
        b.turn()
    assert (len(a.holds), len(b.holds)) == (32, 32)


def test_wall_clocks_that_jump_take_nothing_from_anybody(roster: Roster) -> None:
    a, b = Colleague("a", roster), Colleague("b", roster)
    for hours in (0, 1, -2, 24 * 365 * 50):
        a.clock.set_wall(timedelta(hours=hours))
        b.clock.set_wall(timedelta(hours=-hours))
        for each in (a, b, a, b):
            each.turn()
        passes(1, a, b)
    assert (len(a.holds), len(b.holds)) == (32, 32)


def test_a_lease_that_cannot_be_renewed_ends_by_itself(roster: Roster) -> None:
    a = Colleague("a", roster)
    a.turn()
    passes(LEASE_S - 0.01, a)
    assert a.holds == ALL
    passes(0.01, a)
    assert a.holds == frozenset()
    a.turn()
    assert a.holds == ALL


def test_who_was_taken_for_dead_and_was_not_joins_again(roster: Roster) -> None:
    a, b = Colleague("a", roster), Colleague("b", roster)
    for each in (a, b, a, b):
        each.turn()
    passes(LEASE_S * 2, a, b)
    b.turn()
    assert (a.holds, b.holds) == (frozenset(), ALL)
    for each in (a, b, a):
        each.turn()
    assert (len(a.holds), len(b.holds)) == (32, 32)
    assert not a.holds & b.holds


def test_a_worker_that_starts_again_has_its_parts_back_at_once(roster: Roster) -> None:
    a, b = Colleague("a", roster), Colleague("b", roster)
    for each in (a, b, a, b):
        each.turn()
    again = Colleague("a", roster, incarnation="second")
    again.turn()
    assert again.holds == a.holds


def test_of_two_processes_under_one_name_the_older_ends_and_says_why(roster: Roster) -> None:
    older, newer = Colleague("a", roster), Colleague("a", roster, incarnation="second")
    older.turn()
    newer.turn()
    with pytest.raises(WorkerReplaced, match=r"ingest worker 'a'.*--worker"):
        older.turn()
    older.shift.run(set_event())
    newer.turn()
    assert newer.holds == ALL


def test_a_worker_whose_database_was_put_back_ends_and_says_so(roster: Roster) -> None:
    a = Colleague("a", roster)
    before: list[Signature] = []

    def remember(board: Board) -> Changes:
        before.append(board.workers["a"])
        return Changes(before[0])

    a.turn()
    roster.turn("a", remember)
    a.turn()
    roster.turn("a", lambda _: Changes(before[0]))
    with pytest.raises(DatabasePutBack, match=r"'a' \(it has its beat 1, and 2 were stored\)"):
        a.turn()
    a.shift.run(set_event())


def test_a_turn_that_was_stored_though_nobody_said_so_is_no_reason_to_end(roster: Roster) -> None:
    a = Colleague("a", roster)
    a.turn()

    def ahead(board: Board) -> Changes:
        mine = board.workers["a"]
        return Changes(Signature(mine.incarnation, mine.beat + 1, mine.parts))

    roster.turn("a", ahead)
    a.turn()
    assert a.holds == ALL


def test_who_signs_out_leaves_everything_to_the_others_at_once(roster: Roster) -> None:
    a, b = Colleague("a", roster), Colleague("b", roster)
    for each in (a, b, a, b):
        each.turn()
    a.shift.run(set_event())
    assert (a.holds, a.served) == (frozenset(), frozenset())
    b.turn()
    assert b.holds == ALL


def test_who_was_alone_leaves_its_session_with_the_broker(roster: Roster) -> None:
    a = Colleague("a", roster)
    a.turn()
    a.shift.run(set_event())
    assert (a.holds, a.served) == (frozenset(), ALL)


def test_workers_keep_to_the_parts_that_they_may_serve(roster: Roster) -> None:
    a = Colleague("a", roster, parts=range(10))
    b = Colleague("b", roster, parts=range(5, 20))
    for each in (a, b, a, b):
        each.turn()
    assert a.holds | b.holds == frozenset(range(20))
    assert a.holds == frozenset(range(10)) - b.holds
    assert len(a.holds) == len(b.holds) == 10


def test_while_the_database_is_away_the_shift_begins_later_and_renews_later() -> None:
    paper = PaperRoster(away=True)
    a = Colleague("a", paper)
    stop = threading.Event()
    calls: list[int] = []

    def before_turn() -> None:
        calls.append(1)
        if len(calls) == 2:
            paper.away = False
        if len(calls) == 3:
            raise DatabaseUnavailable("away again")
        if len(calls) == 4:
            stop.set()

    a.shift.before_turn.append(before_turn)
    a.shift.begin(stop)
    assert (a.holds, len(calls)) == (ALL, 2)
    a.shift.run(stop)
    assert a.clock.waits_s == [LEASE_S / 3] * 4
    assert paper.holders == {}
    paper.away = True
    a.shift.run(stop)  # what cannot be signed out of runs out


def test_status_shows_who_holds_what(engine: Engine) -> None:
    roster = StoredRoster(engine, StoppedClock(), "0.9")
    a, b = Colleague("a", roster), Colleague("b", roster, parts=range(2))
    for each in (a, b, a, b):
        each.turn()
    first, second = on_duty(engine)
    assert (first.worker, first.may_serve, first.holds) == ("a", "0-63", "2-63")
    assert (second.worker, second.may_serve, second.holds) == ("b", "0-1", "0-1")
    assert (first.version, first.since, first.heard_at) == ("0.9", NOON, NOON)


def set_event() -> threading.Event:
    event = threading.Event()
    event.set()
    return event

"""A look at the outbox that costs the same at any depth, and says how much it looked at."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from agent.outbox import Inspection
from agent.outbox.glance import EVENTS, Glance
from models.wire.topics import Stream
from tests.simulators.outbox_parts import Premises, some_drafts, take


def looked(premises: Premises) -> Glance:
    with closing(Inspection.open(premises.path)) as inspection:
        return inspection.glance()


def filled(premises: Premises, sales: int) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(sales))
    outbox.close()


def damage(premises: Premises, sequence: int, statement: str) -> None:
    with closing(sqlite3.connect(premises.path)) as db:
        (first,) = db.execute("SELECT min(position) FROM event").fetchone()
        db.execute(statement, (first + sequence - 1,))
        db.commit()


def test_a_small_outbox_is_read_as_a_whole(premises: Premises) -> None:
    filled(premises, 7)
    assert looked(premises) == Glance([], 7, 7)


def test_of_a_large_one_both_ends_of_what_is_owed_are_read(premises: Premises) -> None:
    filled(premises, 5 * EVENTS)
    assert looked(premises) == Glance([], 2 * EVENTS, 5 * EVENTS)


def test_what_is_settled_is_passed_over_for_what_is_owed(premises: Premises) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(4 * EVENTS))
    outbox.adopt("g1", [])
    while take(outbox) is not None:
        pass
    outbox.settle(outbox.epoch, "sale", [(1, 2 * EVENTS)])
    outbox.close()
    damage(premises, 2 * EVENTS + 5, "UPDATE event SET body = x'00' WHERE position = ?")
    [problem] = looked(premises).problems
    assert f"of {2 * EVENTS + 1}..{3 * EVENTS} 1 cannot be read" in problem


@pytest.mark.parametrize(
    ("sequence", "statement"),
    [
        (3, "UPDATE event SET body = 'no event' WHERE position = ?"),
        (4, "DELETE FROM event WHERE position = ?"),
        (5 * EVENTS - 7, "DELETE FROM event WHERE position = ?"),
        (5 * EVENTS - 1, "UPDATE event SET body = x'' WHERE position = ?"),
    ],
)
def test_damage_where_it_hurts_first_is_seen(
    premises: Premises, sequence: int, statement: str
) -> None:
    filled(premises, 5 * EVENTS)
    damage(premises, sequence, statement)
    assert looked(premises).problems


def test_damage_in_between_is_for_the_thorough_look(premises: Premises) -> None:
    filled(premises, 5 * EVENTS)
    damage(premises, 2 * EVENTS + 9, "DELETE FROM event WHERE position = ?")
    assert looked(premises).problems == []
    with closing(Inspection.open(premises.path)) as inspection:
        assert inspection.verify()

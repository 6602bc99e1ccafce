"""Looking on from outside: what the command line and the status page show."""

from __future__ import annotations

import pytest

from agent.errors import DiskUnusable, OutboxBusy
from agent.outbox import Draft, Inspection
from agent.outbox.connection import connect
from agent.outbox.migrations import migrate, migrations
from models.wire.ack import Rejection
from models.wire.ids import EventId
from models.wire.topics import Stream
from tests.simulators.facts import NOON
from tests.simulators.outbox_parts import Premises, a_draft, some_drafts, take

PHONE = "+8613812345678"


def test_pending_events_are_listed_without_personal_data(premises: Premises) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, [a_draft(n, phone=PHONE) for n in range(1, 6)])
    outbox.append(Stream.MEMBER, [Draft(EventId("m-1"), b"no json at all")])
    take(outbox)
    outbox.settle(outbox.epoch, "sale", [(1, 1), (3, 3)])
    with Inspection.open(premises.path) as inspection:
        rows = inspection.pending(Stream.SALE)
        assert inspection.epoch == outbox.epoch
        assert [row.sequence for row in rows] == [2, 4, 5]
        assert [row.sequence for row in inspection.pending(Stream.SALE, limit=2)] == [2, 4]
        assert [row.type for row in inspection.pending(Stream.MEMBER)] == [""]
        assert inspection.pending(Stream.GUIDE) == []
    assert rows[0].event_id == a_draft(2, phone=PHONE).event_id
    assert (rows[0].type, rows[0].appended_at) == ("lianke.sale.recorded", NOON)
    assert (rows[0].epoch, rows[0].stream) == (outbox.epoch, Stream.SALE)
    assert rows[0].size_bytes > 500
    assert PHONE not in repr(rows)
    outbox.close()


def test_what_it_shows_follows_the_running_agent(premises: Premises) -> None:
    outbox = premises.open()
    with Inspection.open(premises.path) as inspection:
        for count in (1, 2, 3):
            outbox.append(Stream.SALE, [a_draft(count)])
            assert inspection.depths() == outbox.depths()
        take(outbox)
        outbox.reject(outbox.epoch, "sale", [Rejection(2, "too_large")])
        assert inspection.count_dead_letters() == 1
        assert [letter.reason for letter in inspection.dead_letters()] == ["too_large"]
        assert inspection.dead_letters(limit=0) == []
        outbox.rehome("test")
        assert inspection.epoch == outbox.epoch
        assert inspection.depths() == outbox.depths()
        assert inspection.verify() == []
    outbox.close()


def test_it_never_writes(premises: Premises) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(3))
    outbox.close()
    before = premises.path.read_bytes()
    with Inspection.open(premises.path) as inspection:
        inspection.verify()
        inspection.pending(Stream.SALE)
    assert premises.path.read_bytes() == before


def test_where_there_is_no_outbox_it_says_so(premises: Premises) -> None:
    with pytest.raises(DiskUnusable, match="has the agent run"):
        Inspection.open(premises.path)
    assert not premises.path.exists()
    premises.path.parent.mkdir()
    premises.path.touch()
    with pytest.raises(DiskUnusable, match="start the agent once"):
        Inspection.open(premises.path)


def test_an_outbox_in_the_making_is_looked_at_later(premises: Premises) -> None:
    premises.path.parent.mkdir()
    premises.path.touch()
    db = connect(premises.path)
    migrate(db, premises.path, migrations())
    db.close()
    with Inspection.open(premises.path) as inspection, pytest.raises(OutboxBusy):
        inspection.depths()


def test_an_event_without_a_place_is_found(premises: Premises) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(2))
    take(outbox)
    outbox.settle(outbox.epoch, "sale", [(1, 2)])
    outbox.close()
    db = connect(premises.path)
    db.execute("INSERT INTO event VALUES (1, 'stray', 0, x'7b7d')")
    db.execute("UPDATE settled_range SET last = 9")
    db.close()
    with Inspection.open(premises.path) as inspection:
        beyond, stray = inspection.verify()
    assert "beyond its last sequence 2" in beyond
    assert stray == "3 events are stored and 2 have a place in a stream"


def test_a_ledger_that_asks_for_what_is_gone_is_told(premises: Premises) -> None:
    outbox = premises.open()
    outbox.adopt("g1", [])
    outbox.append(Stream.SALE, some_drafts(2))
    take(outbox)
    outbox.settle(outbox.epoch, "sale", [(1, 2)])
    outbox.housekeep({Stream.SALE: 0.0})
    assert outbox.adopt("g2", [])
    with Inspection.open(premises.path) as inspection:
        (finding,) = inspection.verify()
    assert "[(1, 2)] are owed and gone" in finding
    outbox.close()

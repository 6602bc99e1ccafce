"""A damaged outbox is set aside, what can be read goes on, and the ledger counts nothing twice."""

from __future__ import annotations

import random
import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from agent.errors import DiskUnusable, OutboxDamaged, OutboxRenewed
from agent.outbox import Draft, Inspection, Outbox
from agent.outbox.alarms import acknowledge_alarms, read_alarms
from agent.outbox.aside import complete, exchange, set_aside
from agent.outbox.leases import ROWS
from agent.outbox.mending import LIVES
from agent.outbox.pages import Pages
from agent.outbox.remains import read_events
from models.wire.ack import Rejection
from models.wire.envelope import open_envelope
from models.wire.events.device import EpochClosed, RangeVoid
from models.wire.ids import EventId
from models.wire.registry import EPOCH_CLOSED, RANGE_VOID
from models.wire.topics import Stream
from tests.simulators.bad_sectors import PAGE, Harm, blank, harm, page_with, sale
from tests.simulators.outbox_parts import Premises, a_draft, ids_of, some_drafts, take

MANY = 120
PHONE = "+8613812345678"


def a_day(premises: Premises) -> tuple[str, list[str]]:
    """Sales of a day, some of them settled; the epoch and what is owed, in order."""
    outbox = premises.open()
    drafts = some_drafts(MANY)
    outbox.append(Stream.SALE, drafts)
    outbox.append(Stream.SALE, [a_draft(900, phone=PHONE, lines=70)])  # longer than a page
    outbox.append(Stream.GUIDE, [a_draft(901)])
    outbox.adopt("g1", [])
    take(outbox, max_events=30)
    outbox.settle(outbox.epoch, "sale", [(1, 10), (21, 30)])
    epoch = outbox.epoch
    outbox.close()
    settled = {*range(1, 11), *range(21, 31)}
    owed = [a_draft(number).event_id for number in range(1, MANY + 1) if number not in settled]
    return epoch, [*owed, a_draft(900, phone=PHONE, lines=70).event_id]


def drain(outbox: Outbox, stream: Stream = Stream.SALE) -> list[str]:
    """The ids of all that is owed of a stream, as they would leave."""
    found: list[str] = []
    while lease := take(outbox, stream, first=len(found) + 1):
        found += ids_of(lease)
    return found


def notices(outbox: Outbox) -> list[RangeVoid | EpochClosed]:
    """What the outbox tells the ledger of itself."""
    found: list[RangeVoid | EpochClosed] = []
    lease = take(outbox, max_events=1000)
    assert lease is not None
    for event in lease.events:
        envelope = open_envelope(event)
        if envelope.type == RANGE_VOID.name:
            found.append(msgspec.json.decode(envelope.data, type=RangeVoid))
        if envelope.type == EPOCH_CLOSED.name:
            found.append(msgspec.json.decode(envelope.data, type=EpochClosed))
    outbox.release(lease)
    return found


def test_nothing_is_lost_where_only_the_first_page_is_destroyed(premises: Premises) -> None:
    """Not a database any more: no schema, no lanes; every event goes again and names its epoch."""
    epoch, owed = a_day(premises)
    harmed = harm(premises.path, blank(1))
    outbox = premises.open()
    assert outbox.epoch != epoch
    assert set(owed) <= set(drain(outbox))
    (damaged,) = set_aside(premises.path)
    assert damaged.read_bytes() == harmed
    outbox.close()
    outbox = premises.open()
    (closed,) = notices(outbox)
    assert isinstance(closed, EpochClosed)
    assert (closed.epoch, closed.successor) == (epoch, outbox.epoch)
    outbox.close()


def test_a_page_of_events_is_lost_and_told_with_its_count(premises: Premises) -> None:
    epoch, owed = a_day(premises)
    victim = page_with(premises.path, sale(60))
    with Pages(premises.path) as pages:
        lost = sorted(number - sale(0) for number, _ in pages.rows_of(pages.read(victim)))
    harm(premises.path, blank(victim))
    outbox = premises.open()
    assert outbox.epoch == epoch  # so far nobody has looked at the page
    with pytest.raises(OutboxRenewed):
        drain(outbox)
    with pytest.raises(OutboxRenewed):  # until the cloud is told
        take(outbox)
    assert [held.epoch for held in outbox.held()] == [outbox.epoch]
    gone = {a_draft(number).event_id for number in lost}
    assert [one for one in drain(outbox) if one in owed] == [x for x in owed if x not in gone]
    outbox.close()
    outbox = premises.open()
    void, closed = notices(outbox)
    assert isinstance(void, RangeVoid)
    assert (void.epoch, void.stream, void.count) == (epoch, "sale", len(lost))
    assert void.ranges == [(lost[0], lost[-1])]
    assert isinstance(closed, EpochClosed)
    assert {one.stream: one.last for one in closed.streams} == {"sale": MANY + 1, "guide": 1}
    outbox.close()
    with Inspection.open(premises.path) as inspection:
        assert inspection.verify() == []


def test_an_alarm_stays_until_somebody_has_seen_it(premises: Premises) -> None:
    a_day(premises)
    harm(premises.path, blank(1))
    premises.open().close()
    (alarm,) = read_alarms(premises.path)
    assert alarm.name == "outbox_salvaged"
    assert "not a database" in alarm.message
    assert str(set_aside(premises.path)[0]) in alarm.message
    premises.open().close()
    assert len(read_alarms(premises.path)) == 1
    assert acknowledge_alarms(premises.path, premises.clock.now()) == 1
    assert read_alarms(premises.path) == []
    assert len(read_alarms(premises.path, acknowledged=True)) == 1
    assert acknowledge_alarms(premises.path, premises.clock.now()) == 0


def test_an_append_into_a_damaged_file_is_stored_in_the_next_one(premises: Premises) -> None:
    epoch, owed = a_day(premises)
    outbox = premises.open()
    outbox._file._writer.execute("DROP TABLE event")
    (stored,) = outbox.append(Stream.SALE, [a_draft(950)])
    assert stored.sequence
    assert outbox.epoch != epoch
    assert outbox.ledger == "g1"
    outbox.held()
    assert a_draft(950).event_id in drain(outbox)
    assert len(set_aside(premises.path)) == 1
    outbox.close()
    assert owed


def test_every_operation_outlives_the_file(premises: Premises) -> None:
    a_day(premises)
    works: tuple[Callable[[Outbox], object], ...] = (
        lambda o: o.settle(o.epoch, "sale", [(1, 15)]),
        lambda o: o.reject(o.epoch, "sale", [Rejection(18, "malformed")]),
        lambda o: o.adopt("g2", []),
        lambda o: o.rehome("test"),
        lambda o: o.housekeep({Stream.SALE: 0.0}),
        lambda o: o.dead_letters(),
    )
    for number, work in enumerate(works, start=1):
        outbox = premises.open()
        take(outbox, max_events=20)
        writer = outbox._file._writer
        tables = [row[0] for row in writer.execute("SELECT name FROM sqlite_schema").fetchall()]
        for table in ("settled_range", "settled_mark", "dead_letter", "memo", "epoch"):
            assert table in tables
            writer.execute(f"DROP TABLE {table}")
        work(outbox)
        assert len(set_aside(premises.path)) == number
        assert outbox.append(Stream.SALE, [a_draft(1000 + number)])[0].sequence
        outbox.close()


def test_a_disk_that_ruins_every_file_is_given_up(premises: Premises) -> None:
    a_day(premises)
    outbox = premises.open()
    for number in range(1, LIVES):
        outbox._file._writer.execute("DROP TABLE event")
        outbox.append(Stream.SALE, [a_draft(2000 + number)])
    outbox._file._writer.execute("DROP TABLE event")
    with pytest.raises(OutboxDamaged):
        outbox.append(Stream.SALE, [a_draft(3000)])
    assert len(set_aside(premises.path)) == LIVES - 1
    outbox.close()


@pytest.mark.parametrize(
    "how",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[: len(content) - PAGE // 2],
        lambda content: b"no outbox at all " * (len(content) // 100),
        lambda content: random.Random(5).randbytes(len(content)),
        lambda content: content[:50] + bytes(50) + content[100:],
    ],
    ids=["half", "torn end", "text", "noise", "header"],
)
def test_whatever_the_damage_the_agent_runs_on_and_keeps_the_file(
    premises: Premises, how: Harm
) -> None:
    a_day(premises)
    harmed = harm(premises.path, how)
    readable = {row.event_id for row in read_events(premises.path)}
    outbox = premises.open()
    stored = outbox.append(Stream.SALE, [a_draft(950)])[0]
    assert stored.sequence
    sent = set(drain(outbox))
    assert a_draft(950).event_id in sent
    settled = {a_draft(number).event_id for number in (*range(1, 11), *range(21, 31))}
    assert readable - settled - {a_draft(901).event_id} <= sent
    assert [path.read_bytes() for path in set_aside(premises.path)] in ([harmed], [])
    outbox.close()


@pytest.mark.parametrize("vanished", [True, False])
def test_a_file_that_is_gone_or_empty_gives_what_its_log_holds(
    premises: Premises, *, vanished: bool
) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(5))
    image = premises.copy("image")
    outbox.close()
    image.write_bytes(b"")
    if vanished:
        image.unlink()
    survivor = premises.open(image)
    assert drain(survivor)[:5] == [draft.event_id for draft in some_drafts(5)]
    survivor.close()


def test_appends_behind_a_broken_link_of_the_log_come_back(premises: Premises) -> None:
    """SQLite takes the broken link for the end and says nothing of what lay behind it."""
    outbox = premises.open()
    outbox.append(Stream.SALE, [a_draft(1)])
    log = premises.path.with_name(premises.path.name + "-wal")
    link = log.stat().st_size
    for number in range(2, 8):
        outbox.append(Stream.SALE, [a_draft(number)])
    image = premises.copy("image")
    with image.with_name(log.name).open("r+b") as file:
        file.seek(link + 200)
        file.write(b"\xff" * 20)
    survivor = premises.open(image)
    assert set(drain(survivor)) >= {a_draft(number).event_id for number in (1, *range(3, 8))}
    assert read_alarms(image)
    survivor.close()
    outbox.close()


def test_one_torn_append_is_what_a_power_cut_leaves_and_no_alarm(premises: Premises) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, [a_draft(1)])
    log = premises.path.with_name(premises.path.name + "-wal")
    link = log.stat().st_size
    outbox.append(Stream.SALE, [a_draft(2)])
    image = premises.copy("image")
    with image.with_name(log.name).open("r+b") as file:
        file.seek(link + 200)
        file.write(b"\xff" * 20)
    survivor = premises.open(image)
    assert drain(survivor) == [a_draft(1).event_id]
    assert (read_alarms(image), set_aside(image)) == ([], [])
    survivor.close()
    outbox.close()


def test_dead_letters_and_the_ledgers_name_come_along(premises: Premises) -> None:
    a_day(premises)
    outbox = premises.open()
    take(outbox, max_events=1)
    outbox.reject(outbox.epoch, "sale", [Rejection(11, "malformed")])
    outbox.close()
    harm(premises.path, blank(page_with(premises.path, sale(60))))
    outbox = premises.open()
    with pytest.raises(OutboxRenewed):
        drain(outbox)
    assert (outbox.dead_letters(), outbox.ledger) == (1, "g1")
    outbox.close()


def test_dead_letters_on_sound_pages_survive_and_the_others_are_counted(premises: Premises) -> None:
    """Past retention a dead letter is the only copy of its event."""
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(MANY))
    take(outbox, max_events=MANY)
    outbox.reject(outbox.epoch, "sale", [Rejection(n, "malformed") for n in range(1, MANY + 1)])
    outbox.housekeep({Stream.SALE: 0.0})
    outbox.append(Stream.SALE, [a_draft(900)])
    outbox.close()
    victim, there = page_of_letters(premises.path)
    harm(premises.path, blank(victim))
    outbox = premises.open()
    assert set(outbox.replay_letters()) == {draft.event_id for draft in some_drafts(MANY)} - there
    outbox.close()
    (alarm,) = read_alarms(premises.path)
    assert f"letters {MANY - len(there)} were salvaged, {len(there)} are lost" in alarm.message


def test_where_the_dead_letters_are_gone_with_their_index_nobody_says_that_none_is_lost(
    premises: Premises,
) -> None:
    a_day(premises)
    outbox = premises.open()
    outbox._file._writer.execute("DROP TABLE dead_letter")
    outbox.dead_letters()
    outbox.close()
    (alarm,) = read_alarms(premises.path)
    assert "letters 0 were salvaged, how many are lost is not known" in alarm.message


def page_of_letters(path: Path) -> tuple[int, set[str]]:
    """A leaf page of the dead letters, and the ids of those on it."""
    with Pages(path) as pages:
        for number in range(2, len(pages.numbers) + 1):
            rows = [columns for _, columns in pages.rows_of(pages.read(number))]
            if found := {str(columns[0]) for columns in rows if columns[4:5] == ["malformed"]}:
                return number, found
    raise AssertionError("no page holds dead letters")


def test_a_salvaged_file_whose_end_is_still_in_its_log_does_not_take_its_place(
    premises: Premises,
) -> None:
    a_day(premises)
    before = premises.path.read_bytes()
    draft = premises.path.with_name("draft")
    draft.write_bytes(before)
    draft.with_name("draft-wal").write_bytes(b"frames")
    with pytest.raises(DiskUnusable, match="draft-wal"):
        exchange(premises.path, draft, premises.clock.now())
    assert (premises.path.read_bytes(), set_aside(premises.path)) == (before, [])


def test_an_event_whose_content_is_damaged_is_kept_as_a_dead_letter(premises: Premises) -> None:
    _, owed = a_day(premises)
    with closing(sqlite3.connect(premises.path)) as db, db:
        db.execute("UPDATE event SET body = x'ff00' WHERE position = ?", (sale(50),))
        db.execute("DELETE FROM event WHERE position = ?", (sale(51),))
    outbox = premises.open()
    with pytest.raises(OutboxRenewed):
        drain(outbox)
    outbox.held()
    gone = {a_draft(50).event_id, a_draft(51).event_id}
    assert [one for one in drain(outbox) if one in owed] == [x for x in owed if x not in gone]
    outbox.close()
    with Inspection.open(premises.path) as inspection:
        (letter,) = inspection.dead_letters()
        assert (letter.event_id, letter.reason) == (a_draft(50).event_id, "unreadable")


def test_an_event_that_lost_its_name_is_damage_that_opening_meets(premises: Premises) -> None:
    _, owed = a_day(premises)
    with closing(sqlite3.connect(premises.path)) as db, db:
        db.execute("PRAGMA writable_schema=ON")
        db.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, 'event_id VARCHAR NOT NULL',"
            " 'event_id VARCHAR') WHERE name = 'event'"
        )
    with closing(sqlite3.connect(premises.path)) as db, db:
        db.execute("UPDATE event SET event_id = NULL WHERE position = ?", (sale(50),))
        db.execute("DELETE FROM named")  # as before the names were written behind the appends
    outbox = premises.open()
    assert set(owed) - set(drain(outbox)) <= {a_draft(50).event_id}  # an older page may have it
    assert len(read_alarms(premises.path)) == 1
    outbox.close()


def test_an_exchange_that_a_power_cut_interrupted_is_completed(premises: Premises) -> None:
    """At every step: the log renamed, the file renamed, the new one not yet in place."""
    _, owed = a_day(premises)
    stamp = "20261122T000000Z"
    name = premises.path.name
    sound = premises.path.read_bytes()
    ready = premises.path.with_name(f"{name}.salvaged-{stamp}")
    aside = premises.path.with_name(f"{name}.damaged-{stamp}")
    for moved in ([], ["-wal"], ["-wal", ""]):
        ready.write_bytes(sound)
        for side in ("-wal", ""):
            place = aside if side in moved else premises.path
            place.with_name(f"{place.name}{side}").write_bytes(b"damaged")
        if "" in moved:
            premises.path.unlink(missing_ok=True)
        outbox = premises.open()
        assert drain(outbox)[: len(owed)] == owed
        outbox.close()
        assert aside.read_bytes() == b"damaged"
        assert not ready.exists()
    assert complete(premises.path) is None


def test_no_room_for_the_new_file_leaves_everything_as_it_was(premises: Premises) -> None:
    a_day(premises)
    victim = page_with(premises.path, sale(60))
    harmed = harm(premises.path, blank(victim))
    blocked = premises.path.with_name(f"{premises.path.name}.salvaging")
    blocked.mkdir()
    outbox = premises.open()
    with pytest.raises(DiskUnusable, match="cannot be written"):
        drain(outbox)
    blocked.rmdir()
    assert set_aside(premises.path) == []
    with pytest.raises(OutboxRenewed):
        drain(outbox)
    outbox.close()
    assert [path.stat().st_size for path in set_aside(premises.path)] == [len(harmed)]


def test_events_that_were_deleted_do_not_come_back_from_stale_pages(premises: Premises) -> None:
    outbox = premises.open()
    outbox._file._writer.execute("PRAGMA secure_delete=OFF")
    outbox.append(Stream.SALE, some_drafts(MANY))
    take(outbox, max_events=90)
    outbox.settle(outbox.epoch, "sale", [(1, 90)])
    assert outbox.housekeep({Stream.SALE: 0.0}) == 90
    outbox._file._writer.execute("DELETE FROM event WHERE event_id = ?", (a_draft(119).event_id,))
    with pytest.raises(OutboxRenewed):
        drain(outbox)
    outbox.held()
    kept = [a_draft(number).event_id for number in range(91, MANY + 1) if number != 119]
    assert drain(outbox)[: len(kept)] == kept
    outbox.close()


@pytest.mark.parametrize("hole", [1, ROWS, ROWS + 1])
def test_a_hole_anywhere_in_what_is_leased_is_noticed_and_told(
    premises: Premises, hole: int
) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(MANY + 1))
    outbox._file._writer.execute("DELETE FROM event WHERE event_id = ?", (a_draft(hole).event_id,))
    with pytest.raises(OutboxRenewed):
        take(outbox, max_events=MANY + 1)
    outbox.held()
    told = [one for one in notices(outbox) if isinstance(one, RangeVoid)]
    assert [one.ranges for one in told] == [[(hole, hole)]]
    outbox.close()


def test_pages_are_read_as_sqlite_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "any.sqlite3"
    chance = random.Random(3)
    rows = [
        (number, value, chance.randbytes(size), "x" * (size // 7))
        for number, (value, size) in enumerate(
            [
                (None, 0),
                (0, 10),
                (1, 3000),
                (-1, 4061),
                (2**15, 4062),
                (-(2**23), 9000),
                (2**40, 70_000),
                (2**62, 20),
                (1.5, 500),
            ],
            start=2**50,
        )
    ]
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE one (position INTEGER PRIMARY KEY, value, body, text)")
        db.executemany("INSERT INTO one VALUES (?, ?, ?, ?)", rows)
    with Pages(path) as pages:
        found = [(number, *columns[1:]) for number, columns in pages.rows() if number >= 2**50]
    assert found == rows


def test_page_sizes_are_believed_where_they_make_sense(tmp_path: Path) -> None:
    for told, size in ((512, 512), (1, 1 << 16), (4097, PAGE), (0, PAGE)):
        path = tmp_path / f"{told}.sqlite3"
        path.write_bytes(bytes(16) + struct.pack(">H", told) + bytes(600))
        with Pages(path) as pages:
            assert pages.size == size
            assert list(pages.rows()) == []
    with Pages(tmp_path / "nothing") as pages:
        assert (len(pages.numbers), pages.read(1)) == (0, b"")


def test_bodies_without_an_id_are_not_taken_for_events(premises: Premises) -> None:
    outbox = premises.open()
    outbox.append(Stream.MEMBER, [Draft(EventId("m-1"), b"{}")])
    outbox._file._writer.execute("DROP TABLE memo")
    outbox.close()
    outbox = premises.open()
    assert outbox.dead_letters() == 1
    assert outbox.depths()[1].pending == 0
    outbox.close()

"""What a cut may take, and what it may not."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults.powercut.contents import SECTOR, Contents
from tests.faults.powercut.disk import Disk
from tests.faults.powercut.entries import Names
from tests.faults.powercut.records import (
    Created,
    Found,
    Linked,
    Record,
    Removed,
    Renamed,
    Synced,
    Truncated,
    Written,
)

ROOT, A, B, INNER = 1, 2, 3, 4
SEEDS = range(200)

changes = st.lists(
    st.one_of(
        st.builds(
            Written, st.just(A), st.integers(0, 3 * SECTOR), st.binary(min_size=1, max_size=1500)
        ),
        st.builds(Truncated, st.just(A), st.integers(0, 4 * SECTOR)),
    ),
    max_size=8,
)


def filled(done: list[Written | Truncated]) -> Contents:
    contents = Contents(bytearray())
    for position, change in enumerate(done):
        contents.change(position, change)
    return contents


def after(*records: Record, names: Names = Names.POSIX) -> Disk:
    disk = Disk(ROOT, names)
    for position, record in enumerate(records):
        disk.apply(position, record)
    return disk


def survivors(disk: Disk) -> set[tuple[tuple[str, bytes | None], ...]]:
    """Everything that cuts leave, over many seeds."""
    images = (disk.survivor(Random(seed)) for seed in SEEDS)
    return {tuple((path, one.content) for path, one in image.kept.items()) for image in images}


@given(changes, st.integers(0, 8))
def test_what_was_synced_survives_every_cut(done: list[Written | Truncated], synced: int) -> None:
    contents = filled(done)
    contents.settle(before=synced)
    contents.pending.clear()
    assert contents.survivor(Random(0)) == filled(done[:synced]).whole()


@given(changes, changes, st.integers())
def test_every_sector_is_of_some_moment_since_the_sync(
    settled: list[Written | Truncated], pending: list[Written | Truncated], seed: int
) -> None:
    contents = filled(settled)
    contents.settle(before=len(settled))
    moments = [contents.whole()]
    for position, change in enumerate(pending):
        contents.change(position, change)
        moments.append(contents.whole())
    survivor = contents.survivor(Random(seed))
    assert len(survivor) in {len(moment) for moment in moments}
    for start in range(0, min(map(len, moments)) // SECTOR * SECTOR, SECTOR):
        sector = slice(start, start + SECTOR)
        assert survivor[sector] in {moment[sector] for moment in moments}


def test_pages_are_torn() -> None:
    contents = Contents(bytearray(b"\1" * 4096))
    contents.change(0, Written(A, 0, b"\2" * 4096))
    mixed = {len(set(contents.survivor(Random(seed)))) for seed in SEEDS}
    assert mixed == {1, 2}


def test_what_was_never_written_may_hold_what_the_disk_held_before() -> None:
    contents = Contents(bytearray())
    contents.change(0, Written(A, 0, b"\1" * 8192))
    seen = {
        contents.survivor(Random(seed))[start : start + SECTOR].strip(b"\0\1")[:1]
        for seed in SEEDS
        for start in range(0, 8192, SECTOR)
    }
    assert len(seen) > 2


@pytest.mark.parametrize("names", Names)
def test_a_file_replaced_by_the_book_is_the_old_one_or_the_new_one(names: Names) -> None:
    disk = after(
        Found(A, ROOT, 0o600, "file", b"old"),
        Created(B, ROOT, 0o600, "draft", is_folder=False),
        Written(B, 0, b"new"),
        Synced(B, began=3),
        Renamed(ROOT, "draft", ROOT, "file"),
        names=names,
    )
    files = [dict(image)["file"] for image in survivors(disk)]
    assert set(files) == {b"old", b"new"}
    disk.apply(5, Synced(ROOT, began=5))
    assert survivors(disk) == {(("file", b"new"),)}


def test_a_file_replaced_without_a_sync_may_be_empty() -> None:
    disk = after(
        Found(A, ROOT, 0o600, "file", b"old"),
        Created(B, ROOT, 0o600, "draft", is_folder=False),
        Written(B, 0, b"new"),
        Renamed(ROOT, "draft", ROOT, "file"),
    )
    assert (("file", b""),) in survivors(disk)


def test_a_new_file_s_name_needs_a_sync_of_its_folder_unless_there_is_a_journal() -> None:
    records = (
        Created(A, ROOT, 0o600, "file", is_folder=False),
        Written(A, 0, b"bytes"),
        Synced(A, began=2),
    )
    assert survivors(after(*records)) == {(), (("file", b"bytes"),)}
    journalled = after(*records, names=Names.JOURNALLED)
    assert survivors(journalled) == {(("file", b"bytes"),)}


def test_a_folder_that_was_not_synced_takes_along_what_is_in_it() -> None:
    disk = after(
        Created(INNER, ROOT, 0o700, "inner", is_folder=True),
        Created(A, INNER, 0o600, "file", is_folder=False),
        Written(A, 0, b"bytes"),
        Synced(A, began=3),
        Synced(INNER, began=4),
    )
    assert survivors(disk) == {(), (("inner", None), ("inner/file", b"bytes"))}


def test_a_removed_file_may_come_back_until_its_folder_is_synced() -> None:
    disk = after(Found(A, ROOT, 0o600, "file", b"bytes"), Removed(ROOT, "file"))
    assert survivors(disk) == {(), (("file", b"bytes"),)}
    disk.apply(2, Synced(ROOT, began=2))
    assert survivors(disk) == {()}


def test_a_rename_is_whole_even_between_folders() -> None:
    disk = after(
        Found(INNER, ROOT, 0o700, "inner", None),
        Found(A, ROOT, 0o600, "file", b"bytes"),
        Renamed(ROOT, "file", INNER, "moved"),
    )
    inner = ("inner", None)
    before, moved = (("file", b"bytes"), inner), (inner, ("inner/moved", b"bytes"))
    assert survivors(disk) == {before, moved}
    disk.apply(3, Synced(INNER, began=3))
    assert survivors(disk) == {moved}


def test_one_file_of_two_names_stays_when_the_first_is_removed() -> None:
    disk = after(
        Found(A, ROOT, 0o600, "draft", b"bytes"),
        Linked(A, ROOT, "file"),
        Removed(ROOT, "draft"),
        Synced(ROOT, began=3),
    )
    assert survivors(disk) == {(("file", b"bytes"),)}


def test_an_inode_used_again_is_another_file() -> None:
    disk = after(
        Found(A, ROOT, 0o600, "old", b"old"),
        Removed(ROOT, "old"),
        Created(A, ROOT, 0o600, "new", is_folder=False),
        Synced(ROOT, began=3),
    )
    assert survivors(disk) == {(("new", b""),)}


def test_a_disk_that_only_pretends_to_sync_loses_what_was_synced() -> None:
    disk = Disk(ROOT, honours_syncs=False)
    disk.apply(0, Found(A, ROOT, 0o600, "file", b"old"))
    disk.apply(1, Written(A, 0, b"new"))
    disk.apply(2, Synced(A, began=2))
    assert disk.unsynced == 1
    assert (("file", b"old"),) in survivors(disk)

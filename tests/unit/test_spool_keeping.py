"""Archive and quarantine end by their retention, and not a day earlier."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.capture.pos.keeping import Keeping, Retention
from models.vault.blob import BlobSealer
from models.vault.errors import SealBroken
from models.vault.master import MasterKey
from tests.simulators.capturing import SHANGHAI

CAPTURED = datetime(2025, 11, 7, 17, 0, tzinfo=UTC)  # the 8th, one in the morning, in Shanghai


@pytest.fixture
def keeping(tmp_path: Path) -> Keeping:
    sealer = BlobSealer(MasterKey(b"k" * 32), "files")
    return Keeping(tmp_path, sealer, SHANGHAI, Retention(archive_days=2, quarantine_days=5))


def sealed(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_the_day_of_an_archived_file_is_the_shops(keeping: Keeping) -> None:
    assert keeping.archive("a.xml", b"1", CAPTURED).parent.name == "2025-11-08"


def test_an_archived_day_lives_its_days_and_no_longer(keeping: Keeping, tmp_path: Path) -> None:
    keeping.archive("a.xml", b"1", CAPTURED)
    assert keeping.housekeep(CAPTURED + timedelta(days=2)) == 0
    assert keeping.housekeep(CAPTURED + timedelta(days=3)) == 1
    assert sealed(tmp_path) == []


def test_quarantine_lives_longer_and_goes_with_its_note(keeping: Keeping, tmp_path: Path) -> None:
    keeping.quarantine("a.xml", b"1", CAPTURED, "reason")
    assert len(sealed(tmp_path)) == 2
    assert keeping.housekeep(CAPTURED + timedelta(days=5)) == 0
    assert keeping.housekeep(CAPTURED + timedelta(days=5, seconds=1)) == 1
    assert sealed(tmp_path) == []


def test_what_is_not_ours_is_never_removed(keeping: Keeping, tmp_path: Path) -> None:
    (tmp_path / "archive" / "notes").mkdir(parents=True)
    (tmp_path / "archive" / "notes" / "keep.me").write_bytes(b"")
    assert keeping.housekeep(CAPTURED + timedelta(days=999)) == 0
    assert sealed(tmp_path) == ["archive/notes/keep.me"]


def test_a_clock_in_1970_expires_nothing(keeping: Keeping, tmp_path: Path) -> None:
    keeping.archive("a.xml", b"1", CAPTURED)
    keeping.quarantine("b.xml", b"2", CAPTURED, "reason")
    assert keeping.housekeep(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert len(sealed(tmp_path)) == 3


def test_the_same_file_twice_is_kept_once(keeping: Keeping, tmp_path: Path) -> None:
    for _ in range(2):
        keeping.archive("a.xml", b"1", CAPTURED)
    assert len(sealed(tmp_path)) == 1


def test_a_kept_file_opens_only_where_it_was_put(keeping: Keeping) -> None:
    path = keeping.archive("a.xml", b"content", CAPTURED)
    assert keeping.open(path) == b"content"
    moved = path.with_name("b.sealed")
    path.rename(moved)
    with pytest.raises(SealBroken):
        keeping.open(moved)

"""Files that outlive a power cut. What a cut really leaves is the fault suite's to show."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.durable import write_whole


def test_a_file_is_made_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "data" / "places" / "till.json"

    write_whole(path, b"first")

    assert path.read_bytes() == b"first"


def test_a_file_is_replaced_and_no_draft_is_left(tmp_path: Path) -> None:
    path = tmp_path / "till.json"
    write_whole(path, b"first, and longer")

    write_whole(path, b"second")

    assert path.read_bytes() == b"second"
    assert list(tmp_path.iterdir()) == [path]


def test_a_draft_that_a_crash_left_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "till.json"
    (tmp_path / ".till.json.part").write_bytes(b"half of something much longer")

    write_whole(path, b"whole")

    assert path.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_private_file_and_its_draft_are_their_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "operators.key"

    write_whole(path, b"secret", private=True)
    write_whole(path, b"another", private=True)

    assert path.read_bytes() == b"another"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_disk_that_does_not_take_it_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "till.json"
    write_whole(path, b"old")
    (tmp_path / ".till.json.part").mkdir()  # the draft cannot be opened

    with pytest.raises(OSError, match=r"till\.json\.part"):
        write_whole(path, b"new")

    assert path.read_bytes() == b"old"

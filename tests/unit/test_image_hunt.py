"""The hunter of pictures: it finds every form that we could think of, and nothing in noise."""

from __future__ import annotations

import os
import random
import sqlite3
import tempfile
from contextlib import closing
from multiprocessing import shared_memory
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.simulators.image_hunt import Exhibit, Hunter, PixelPrints, files_below, held_files
from tests.simulators.image_hunt.plants import ALL, BYTES, TEXTS, letterboxed

SIDE = 208


@pytest.fixture(scope="module")
def picture() -> NDArray[np.uint8]:
    chance = np.random.default_rng(3)
    rough = chance.integers(0, 256, (16, 24, 3), np.uint8)
    return np.asarray(cv2.resize(rough, (240, 160), interpolation=cv2.INTER_CUBIC), np.uint8)


def small(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(picture, (SIDE, SIDE * 2 // 3)), np.uint8)


@pytest.fixture(scope="module")
def hunter(picture: NDArray[np.uint8]) -> Hunter:
    return Hunter(PixelPrints.of([picture], small))


def found(hunter: Hunter, content: bytes) -> set[str]:
    return {find.what for find in hunter.hunt([Exhibit("here", content)])}


def kinds_of_file(hunter: Hunter, folder: Path) -> set[str]:
    return {Path(find.where).suffix for find in hunter.hunt(files_below(folder))}


def noise(count: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(count)


@pytest.mark.parametrize("form", ALL)
def test_every_form_of_a_picture_is_found_amid_noise(
    hunter: Hunter, picture: NDArray[np.uint8], form: str
) -> None:
    plant = ALL[form](picture)
    assert found(hunter, plant)
    assert found(hunter, noise(4099) + b" " + plant + b" " + noise(511, 2))


@pytest.mark.parametrize("form", TEXTS)
def test_every_text_form_is_found_in_a_log_line(
    hunter: Hunter, picture: NDArray[np.uint8], form: str
) -> None:
    line = b'{"event": "seen", "samples": 3, "said": "%b", "level": "info"}\n'
    assert found(hunter, line % b"nothing" * 40 + line % ALL[form](picture) + line % b"more")


def test_what_the_network_is_shown_is_found(hunter: Hunter, picture: NDArray[np.uint8]) -> None:
    assert "letterbox float32 planes" in found(hunter, letterboxed(small(picture)))
    assert "letterbox" in found(hunter, small(picture).tobytes())


def test_a_find_says_where_what_and_in_what(hunter: Hunter, picture: NDArray[np.uint8]) -> None:
    [find, *_] = hunter.hunt([Exhibit("batch 7", ALL["zstd of base64 of png"](picture))])
    assert (find.where, find.what, find.wrapped, find.offset) == (
        *("batch 7", "PNG"),
        *(("zstd", "base64"), 0),
    )


def test_noise_and_prose_are_no_pictures(hunter: Hunter) -> None:
    assert not found(hunter, noise(2_000_000))
    assert not found(hunter, b"".join(path.read_bytes() for path in Path(__file__).parent.glob("*")
                                      if path.suffix == ".py"))  # fmt: skip


def test_the_first_bytes_of_a_kind_alone_are_no_picture(hunter: Hunter) -> None:
    """As chance makes them in every few megabytes of encrypted data."""
    for beginning in (b"\xff\xd8\xff\xe0", b"BM", b"RIFF", b"\xff\xd8\xff\xfe\x00\x04ab\x00"):
        assert not found(hunter, noise(100) + beginning + noise(100, 2))


def test_another_picture_leaves_no_prints_here(hunter: Hunter) -> None:
    chance = np.random.default_rng(4)
    assert not found(hunter, chance.integers(0, 256, (160, 240, 3), np.uint8).tobytes())


def test_a_flat_picture_leaves_no_prints_at_all() -> None:
    assert len(PixelPrints.of([np.full((160, 240, 3), 114, np.uint8)])) == 0


@pytest.mark.parametrize("form", BYTES)
def test_a_picture_in_a_database_is_found_in_its_pages_and_in_its_journal(
    hunter: Hunter, picture: NDArray[np.uint8], form: str, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "kept.sqlite3", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = wal")
        db.execute("CREATE TABLE kept (body BLOB)")
        assert not hunter.hunt(files_below(tmp_path))
        db.execute("INSERT INTO kept VALUES (?)", (BYTES[form](picture),))
        assert kinds_of_file(hunter, tmp_path) & {".sqlite3-wal", ".sqlite3, table kept"}
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        found = kinds_of_file(hunter, tmp_path)
        assert ".sqlite3, table kept" in found
        assert ".sqlite3-wal" not in found


def test_a_picture_in_the_name_of_a_file_is_found(
    hunter: Hunter, picture: NDArray[np.uint8], tmp_path: Path
) -> None:
    run = next(iter(PixelPrints.of([picture])._kinds))
    (tmp_path / f"{run.hex()}{'00' * 8}").touch()
    assert [find.where for find in hunter.hunt(files_below(tmp_path))] == ["names of files"]


def test_a_deleted_file_that_is_still_open_is_found(
    hunter: Hunter, picture: NDArray[np.uint8], tmp_path: Path
) -> None:
    with tempfile.TemporaryFile(dir=tmp_path) as file:
        file.write(picture.tobytes())
        file.flush()
        assert not hunter.hunt(files_below(tmp_path))
        assert hunter.hunt(held_files([os.getpid()], [tmp_path]))


def test_shared_memory_is_found(hunter: Hunter, picture: NDArray[np.uint8]) -> None:
    memory = shared_memory.SharedMemory(create=True, size=picture.nbytes)
    try:
        assert memory.buf is not None
        memory.buf[: picture.nbytes] = picture.tobytes()
        finds = hunter.hunt(held_files([os.getpid()], []))
        assert any(memory.name in find.where for find in finds)
    finally:
        memory.close()
        memory.unlink()

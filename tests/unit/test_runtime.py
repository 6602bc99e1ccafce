from __future__ import annotations

import gc
import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC
from enum import StrEnum
from pathlib import Path

import pytest
import structlog

from models.runtime import logs
from models.runtime.clock import SystemClock
from models.runtime.garbage import spare_what_is_loaded
from models.runtime.settings import SettingsError, load, parse


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    size: int
    ratio: float = 0.5


@dataclass(frozen=True)
class Outer:
    inner: Inner
    name: str
    folder: Path = Path("/tmp")
    colour: Colour = Colour.RED
    urls: tuple[str, ...] = ()
    maybe: Path | None = None
    words: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name == "bad":
            raise ValueError("name may not be bad")


def test_settings_become_a_dataclass(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(
        'name = "x"\nfolder = "/var"\ncolour = "red"\nurls = ["a", "b"]\nmaybe = "/m"\n'
        'words = {a = "b"}\n[inner]\nsize = 3\nratio = 1\n'
    )
    assert load(path, Outer) == Outer(
        inner=Inner(3, 1.0),
        name="x",
        folder=Path("/var"),
        urls=("a", "b"),
        maybe=Path("/m"),
        words={"a": "b"},
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('nane = "x"\n[inner]\nsize=1', "unknown key 'nane'; did you mean 'name'?"),
        ('name = "x"\n[inner]\nsiz=1', "unknown key 'inner.siz'; did you mean 'size'?"),
        ('name = "x"\nqqq = 1\n[inner]\nsize=1', "known keys: colour, folder"),
        ('name = "x"\n', "key 'inner.size' is missing"),
        ("[inner]\nsize=1", "key 'name' is missing"),
        ("name = 3\n[inner]\nsize=1", "'name' must be of kind str, not 3"),
        ('name = "x"\n[inner]\nsize=true', "'inner.size' must be of kind int, not True"),
        ('name = "x"\ninner=1', "'inner' must be a table"),
        ('name = "x"\nurls="a"\n[inner]\nsize=1', "'urls' must be a list"),
        ('name = "x"\nwords="a"\n[inner]\nsize=1', "'words' must be a table"),
        ('name = "x"\ncolour="rad"\n[inner]\nsize=1', "did you mean 'red'?"),
        ('name = "bad"\n[inner]\nsize=1', "name may not be bad"),
        ("name = ", "cannot be read as TOML"),
    ],
)
def test_a_mistake_names_the_key_the_file_and_the_next_step(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "shop.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load(path, Outer)
    assert message in str(caught.value)
    assert "shop.toml" in str(caught.value)


def test_a_missing_file_says_where_to_find_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="device_configs"):
        load(tmp_path / "none.toml", Outer)


def test_parsed_settings_need_no_file() -> None:
    assert parse({"size": 1}, Inner, "test") == Inner(1)


@pytest.fixture
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.reset_defaults()


@pytest.mark.usefixtures("restored_logging")
def test_a_log_line_is_json_off_a_terminal_and_loses_long_digits(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("INFO")
    logs.get_logger("lianke.test").info("seen", who="13912345678", epoch="1" * 32, count=3)
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "seen"
    assert line["who"] == "13…78"
    assert line["epoch"] == "1" * 32
    assert line["count"] == 3


@pytest.mark.usefixtures("restored_logging")
def test_a_terminal_gets_readable_lines(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO", json=False)
    logs.get_logger("lianke.test").info("seen", count=3)
    assert "seen" in capsys.readouterr().err


def test_the_system_clock_is_aware_utc_and_waits() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    before = clock.monotonic_s()
    assert not clock.wait(threading.Event(), 0.01)
    assert clock.monotonic_s() > before
    event = threading.Event()
    event.set()
    assert clock.wait(event, 5)


def test_what_is_loaded_at_the_start_is_spared_by_every_later_collection() -> None:
    try:
        spare_what_is_loaded()
        assert gc.get_freeze_count() > 10_000
        assert len(gc.get_objects()) < 1_000
    finally:
        gc.unfreeze()

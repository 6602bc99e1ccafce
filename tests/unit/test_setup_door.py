"""The PIN of the set-up page, and how long it opens the door."""

from __future__ import annotations

import stat
from itertools import count
from pathlib import Path

import pytest

from agent.errors import BadConfiguration, InvalidInput
from agent.tablet.setup.door import Door, Manners
from agent.tablet.setup.pin import PinFile, new_pin
from tests.simulators.clocks import HandClock

PIN = "58203177"


@pytest.fixture
def file(tmp_path: Path) -> PinFile:
    made = PinFile(tmp_path / "keys" / "pin.json")
    made.keep(PIN)
    return made


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def door(file: PinFile, clock: HandClock) -> Door:
    tokens = count(1)
    return Door(file, clock, lambda size: next(tokens).to_bytes(size, "big"), Manners(600, 3600))


def test_the_pin_fits_and_no_other(file: PinFile) -> None:
    assert file.fits(PIN)
    assert not any(file.fits(other) for other in ("", "58203178", PIN[:-1], PIN + "0"))


def test_the_file_tells_nobody_the_pin(file: PinFile, tmp_path: Path) -> None:
    path = tmp_path / "keys" / "pin.json"
    assert PIN not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = path.read_text()
    file.keep(PIN)
    assert path.read_text() != first, "every PIN has a salt of its own"


@pytest.mark.parametrize("pin", ["12345", "", "1" * 65])
def test_a_pin_that_is_too_short_or_too_long_is_not_taken(file: PinFile, pin: str) -> None:
    with pytest.raises(InvalidInput):
        file.keep(pin)
    assert file.fits(PIN)


def test_a_pin_that_is_made_has_eight_digits() -> None:
    assert {len(new_pin()) for _ in range(50)} == {8}
    assert new_pin(bytes) == "00000000"


def test_without_a_pin_nobody_comes_in(tmp_path: Path, clock: HandClock) -> None:
    door = Door(PinFile(tmp_path / "none.json"), clock, bytes)
    assert not door.has_pin
    assert door.enter("") is None


def test_a_damaged_file_lets_nobody_in_and_says_so(file: PinFile, tmp_path: Path) -> None:
    (tmp_path / "keys" / "pin.json").write_text('{"salt": "zz"')
    with pytest.raises(BadConfiguration, match="cameras pin"):
        file.fits(PIN)


def test_a_removed_pin_lets_nobody_in(file: PinFile, door: Door) -> None:
    file.remove()
    file.remove()
    assert door.enter(PIN) is None


def test_pauses_after_wrong_pins_grow_and_the_right_one_must_wait_too(
    door: Door, clock: HandClock
) -> None:
    pauses = []
    for _ in range(6):
        assert door.enter("00000000") is None
        pauses.append(door.wait_s())
        clock.move(door.wait_s())
    assert pauses == [0, 0, 2, 4, 8, 16]
    door.enter("00000000")
    assert door.enter(PIN) is None, "not even the right one, before its time"
    clock.move(door.wait_s())
    assert door.enter(PIN) is not None
    assert door.enter("00000000") is None
    assert door.wait_s() == 0, "who came in has its free tries again"


def test_a_pause_never_exceeds_ten_minutes(door: Door, clock: HandClock) -> None:
    for _ in range(13):
        door.enter("00000000")
        clock.move(door.wait_s())
    door.enter("00000000")
    assert door.wait_s() == 600


def test_a_visit_ends_when_nobody_does_anything(door: Door, clock: HandClock) -> None:
    visit = door.enter(PIN)
    assert visit is not None
    clock.move(590)
    assert door.visit(visit.token, by_hand=True) is visit
    clock.move(590)
    assert door.visit(visit.token, by_hand=False) is visit, "a stream may go on meanwhile"
    clock.move(20)
    assert door.visit(visit.token, by_hand=False) is None, "but keeps nothing open"


def test_a_visit_ends_after_an_hour_whatever_is_done(door: Door, clock: HandClock) -> None:
    visit = door.enter(PIN)
    assert visit is not None
    for _ in range(7):
        clock.move(500)
        assert door.visit(visit.token, by_hand=True) is visit
    clock.move(200)
    assert door.visit(visit.token, by_hand=True) is None


def test_a_visit_that_was_left_is_over(door: Door) -> None:
    visit = door.enter(PIN)
    assert visit is not None
    door.leave(visit.token)
    assert door.visit(visit.token, by_hand=True) is None
    assert door.visit("", by_hand=True) is None


def test_visits_do_not_pile_up(door: Door) -> None:
    visits = [door.enter(PIN) for _ in range(9)]
    open_ones = [v for v in visits if v and door.visit(v.token, by_hand=False)]
    assert open_ones == visits[1:]

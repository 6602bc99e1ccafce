"""Alarms stand until they are over, over a restart too, and everyone has words."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from agent.health.alarms import AlarmKind, Board, read_alarm_file, read_vocabulary
from agent.health.alarms.board import Sign, Trouble
from tests.simulators.facts import NOON

OFFLINE = Sign(AlarmKind.OFFLINE, [Trouble()])
ONLINE = Sign(AlarmKind.OFFLINE)
UNCLEAR = Sign(AlarmKind.OFFLINE, unclear=frozenset({""}))
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "alarms.json"


def kinds(board: Board) -> list[AlarmKind]:
    return [alarm.kind for alarm in board.standing()]


def test_an_alarm_stands_since_it_was_first_seen_and_until_it_is_over(path: Path) -> None:
    board = Board(path)
    assert board.look([OFFLINE], NOON)
    assert not board.look([OFFLINE], LATER)
    [alarm] = board.standing()
    assert (alarm.kind, alarm.since) == (AlarmKind.OFFLINE, NOON)
    assert board.look([ONLINE], LATER)
    assert board.standing() == read_alarm_file(path) == []


def test_an_alarm_of_before_the_restart_stands_until_a_look_shows_that_it_is_over(
    path: Path,
) -> None:
    Board(path).look([OFFLINE], NOON)
    board = Board(path)
    assert not board.look([UNCLEAR], LATER)
    assert [alarm.since for alarm in board.standing()] == [NOON]
    assert board.look([ONLINE], LATER)
    assert not Board(path).standing()


def test_what_a_look_cannot_judge_raises_nothing(path: Path) -> None:
    assert not Board(path).look([UNCLEAR], NOON)


def test_a_kind_that_nobody_looked_at_is_left_alone(path: Path) -> None:
    board = Board(path)
    board.look([OFFLINE], NOON)
    board.look([Sign(AlarmKind.TILL_BLOCKED, [Trouble(detail="locked")])], LATER)
    assert kinds(board) == [AlarmKind.TILL_BLOCKED, AlarmKind.OFFLINE]


def test_each_camera_has_an_alarm_of_its_own(path: Path) -> None:
    board = Board(path)
    blind = [Trouble("door"), Trouble("till", since=NOON - timedelta(minutes=9))]
    board.look([Sign(AlarmKind.CAMERA_BLIND, blind)], NOON)
    assert [alarm.about for alarm in board.standing()] == ["till", "door"]
    board.look([Sign(AlarmKind.CAMERA_BLIND, [], frozenset({"door"}))], LATER)
    assert [alarm.about for alarm in board.standing()] == ["door"]


def test_a_fresh_detail_is_told_without_raising_the_alarm_again(path: Path) -> None:
    board = Board(path)
    board.look([Sign(AlarmKind.TILL_BLOCKED, [Trouble(detail="busy")])], NOON)
    assert not board.look([Sign(AlarmKind.TILL_BLOCKED, [Trouble(detail="locked")])], LATER)
    [alarm] = board.standing()
    assert (alarm.detail, alarm.since) == ("locked", NOON)


def test_a_disk_that_takes_nothing_costs_the_memory_of_a_restart_and_no_alarm(
    tmp_path: Path,
) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    board = Board(blocked / "alarms.json")
    assert board.look([OFFLINE], NOON)
    assert kinds(board) == [AlarmKind.OFFLINE]


def test_an_alarm_of_another_version_is_left_out_and_the_others_are_kept(path: Path) -> None:
    Board(path).look([OFFLINE], NOON)
    rows = msgspec.json.decode(path.read_bytes())
    path.write_bytes(msgspec.json.encode([{**rows[0], "kind": "of_the_future"}, *rows]))
    assert kinds(Board(path)) == [AlarmKind.OFFLINE]
    path.write_bytes(b"half a fi")
    assert not Board(path).standing()


def test_every_alarm_has_words_in_both_languages_the_gravest_first() -> None:
    vocabulary = read_vocabulary()
    assert list(vocabulary) == list(AlarmKind)
    order = [entry.severity for entry in vocabulary.values()]
    assert order == sorted(order)  # urgent comes before warning
    for entry in vocabulary.values():
        assert re.search("[一-鿿]", entry.zh.what)
        assert re.search("[一-鿿]", entry.zh.next)
        assert not re.search("[一-鿿]", entry.en.what + entry.en.next)

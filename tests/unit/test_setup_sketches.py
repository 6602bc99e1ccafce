"""A sketch is judged by the rules of the configuration, and what is wrong is said in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

import agent.tablet.paint as painting
from agent.config import CameraSettings, Drawn, LineSettings
from agent.tablet.setup.sketches import MOST_SHAPES, Judged, Sketch, judge
from models.shown.words import Language, Words

LOCALES = Path(painting.__file__).parent / "locales"
DOOR = {"name": "door", "begin": [0.5, 0.1], "end": [0.5, 0.9]}
AREA = {"name": "tills", "kind": "queue", "corners": [[0, 0], [1, 0], [1, 1]]}


def judged(
    *lines: dict[str, Any], zones: tuple[dict[str, Any], ...] = (), language: Language = Language.EN
) -> Judged:
    return judge(Sketch(list(lines), list(zones)), Words.load(LOCALES, language))


def said(found: Judged) -> list[str]:
    return [problem.text for problem in found.problems]


def test_what_is_sound_can_be_tried_and_proposed() -> None:
    found = judged(DOOR, zones=(AREA,))
    assert found.problems == ()
    assert [line.name for line in found.drawn.line] == ["door"]
    assert [zone.kind for zone in found.drawn.zone] == ["queue"]


def test_the_others_can_be_tried_while_one_is_wrong() -> None:
    found = judged(DOOR, {**DOOR, "name": "Side Door"})
    assert [line.name for line in found.drawn.line] == ["door"]
    [problem] = found.problems
    assert (problem.shape, problem.index) == ("line", 1)
    assert "The name Side Door does not do" in problem.text


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ({**DOOR, "name": ""}, "does not do: use 1 to 32"),
        ({**DOOR, "end": [0.5, 0.1]}, "door is too short"),
        ({**DOOR, "end": [0.5, 1.1]}, "outside the picture"),
        ({**DOOR, "kind": "exit"}, "door does not do"),
        ({"name": "door"}, "door does not do"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(line: dict[str, Any], text: str) -> None:
    [told] = said(judged(line))
    assert text in told


@pytest.mark.parametrize(
    ("corners", "text"),
    [
        ([[0, 0], [1, 1]], "at least three corners"),
        ([[0, 0], [1, 1], [1, 0], [0, 1]], "cross each other"),
        ([[0, 0], [0.5, 0.5], [1, 1]], "one line"),
    ],
)
def test_what_is_wrong_with_a_zone_is_said(corners: list[list[float]], text: str) -> None:
    [told] = said(judged(DOOR, zones=({**AREA, "corners": corners},)))
    assert text in told


def test_two_of_one_name_are_pointed_out() -> None:
    assert said(judged(DOOR, DOOR)) == ["Two are named door: give each a name of its own."]


def test_a_camera_that_would_count_nothing_is_pointed_out() -> None:
    excluded = {**AREA, "kind": "excluded"}
    assert "Nothing counts yet" in said(judged())[0]
    assert "Nothing counts yet" in said(judged(zones=(excluded,)))[0]
    assert judged(zones=(AREA,)).problems == ()


def test_a_crowd_of_shapes_is_a_mistake() -> None:
    found = judged(*({**DOOR, "name": f"d{n}"} for n in range(MOST_SHAPES + 1)))
    assert found.drawn == Drawn()
    assert str(MOST_SHAPES) in said(found)[0]


def test_it_is_said_in_chinese() -> None:
    assert said(judged({**DOOR, "end": [0.5, 0.1]}, language=Language.ZH)) == [
        "door 太短，请横跨整条通道来画。"
    ]


def test_whatever_passes_makes_settings() -> None:
    camera = CameraSettings("a", "0", line=(LineSettings("x", (0, 0), (1, 1)),))
    assert judged(DOOR, zones=(AREA,)).drawn.onto(camera).zone[0].name == "tills"


def test_a_drawing_survives_its_way_to_the_page_and_back() -> None:
    drawn = judged(DOOR, zones=(AREA,)).drawn
    told = msgspec.to_builtins(drawn)
    again = judge(Sketch(told["line"], told["zone"]), Words.load(LOCALES, Language.EN))
    assert again.drawn == drawn

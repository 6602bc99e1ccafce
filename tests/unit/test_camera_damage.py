"""From what a decoder complains of to the time that is marked: pictures hand damage down."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from agent.capture.footfall.camera.damage import Damage
from agent.capture.footfall.sight.garbling import Garbling
from models.wire.events.footfall import MarkKind


class Decoder:
    """Complains where ``!`` stands; ``I`` and ``!I`` are pictures that stand by themselves."""

    def __init__(self) -> None:
        self.complaints = 0

    def play(self, pictures: str, fps: float = 10.0) -> str:
        """Every picture, as ``x`` where it is damaged."""
        damage = Damage(lambda: self.complaints)
        shown = []
        for number, picture in enumerate(pictures.split()):
            self.complaints += picture.startswith("!")
            shown.append(damage.shows(number / fps, whole=picture.endswith("I")))
        return "".join(".x"[each] for each in shown)


@pytest.mark.parametrize(
    ("pictures", "damaged"),
    [
        ("I P P P P P", "......"),
        ("I !P P P P P P P I P", ".xxxxxxx.."),
        ("I P P !I P P P P P I", "...xxxxxx."),
        # A whole picture so soon after a complaint may have been decoded before it.
        ("I !P P I P P P P P I", ".xxxxxxxx."),
        ("!I I I I I I I", "xxxxx.."),
    ],
)
def test_damage_is_handed_down_until_a_picture_stands_by_itself(
    pictures: str, damaged: str
) -> None:
    assert Decoder().play(pictures) == damaged


def test_a_stream_without_whole_pictures_is_believed_again_after_half_a_minute() -> None:
    shown = Decoder().play("I !P " + "P " * 60, fps=1.0)
    assert shown == "." + "x" * 30 + "." * 31


def test_what_was_complained_of_before_is_of_another_source() -> None:
    decoder = Decoder()
    decoder.complaints = 7
    assert decoder.play("I P P") == "..."


def marked(looks: Sequence[tuple[float, bool]]) -> list[tuple[float, float]]:
    garbling = Garbling()
    marks = [mark for at_s, damaged in looks for mark in garbling.look(at_s, damaged=damaged)]
    assert all(mark.kind is MarkKind.GARBLED for mark in marks)
    return [(mark.begin_s, mark.end_s) for mark in marks]


def test_a_mark_begins_with_the_picture_before_and_ends_when_people_are_found_again() -> None:
    looks = [(number / 2, number == 4) for number in range(12)]
    assert marked(looks) == [(1.5, 2.0), (2.0, 2.5), (2.5, 3.0)]


def test_a_hole_is_a_gap_and_no_mark() -> None:
    assert marked([(0.0, False), (5.0, True), (10.0, True)]) == []


def test_a_stream_that_is_damaged_for_a_tenth_of_a_minute_is_a_trouble_until_it_is_well() -> None:
    garbling = Garbling()
    stood = []
    for number in range(400):
        garbling.look(number / 2, damaged=number in range(10, 30))
        stood.append(garbling.stands)
    began, ended = stood.index(True), len(stood) - stood[::-1].index(True)
    assert 20 <= began <= 22
    assert 135 <= ended <= 150
    assert all(stood[began:ended])

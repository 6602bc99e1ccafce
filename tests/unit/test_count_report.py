"""What ``count`` prints: the document that programs read, and the table."""

from __future__ import annotations

import msgspec
import pytest

from agent.capture.footfall.counting.line import Crossing, Direction, Line
from agent.capture.footfall.recount import Pace, Recount
from agent.capture.footfall.recount_report import document, table

LINES = (Line("door", 0, 0, 0, 9), Line("后门", 5, 0, 5, 9))


def a_recount(*, truncated: bool = False, seconds: float = 10.0) -> Recount:
    return Recount(
        frames=100,
        sampled=50,
        seconds_of_video=seconds,
        lines=LINES,
        crossings=(
            Crossing("door", Direction.OUT, 4.00049, 2),
            Crossing("door", Direction.IN, 3.2, 1),
            Crossing("door", Direction.OUT, 7.0, 1),
        ),
        pace=Pace(1.00049, 16.0, 0.5, 17.50049),
        truncated=truncated,
    )


def test_the_document_has_these_keys_and_no_others() -> None:
    encoded = msgspec.json.encode(document(a_recount()))
    assert msgspec.json.decode(encoded) == {
        "frames": 100,
        "seconds_of_video": 10.0,
        "sampled_fps": 5.0,
        "lines": {
            "door": {
                "in": 1,
                "out": 2,
                "events": [
                    {"t": 3.2, "direction": "in"},
                    {"t": 4.0, "direction": "out"},
                    {"t": 7.0, "direction": "out"},
                ],
            },
            "后门": {"in": 0, "out": 0, "events": []},
        },
        "ms_per_frame": {"decode": 1.0, "detect": 16.0, "track": 0.5, "total": 17.5},
    }


def test_only_a_clip_that_broke_off_is_marked() -> None:
    assert msgspec.to_builtins(document(a_recount(truncated=True)))["truncated"] is True


def test_a_clip_without_length_has_no_rate_rather_than_an_endless_one() -> None:
    assert document(a_recount(seconds=0.0)).sampled_fps == 0.0


@pytest.mark.parametrize("word", ["door", "后门", "100 frames", "5.0 a second", "17.5 ms"])
def test_the_table_names_what_the_document_holds(word: str) -> None:
    assert word in table(a_recount())


def test_the_table_has_a_row_per_line() -> None:
    heading, *rows = table(a_recount()).splitlines()[:3]
    assert heading.split() == ["line", "in", "out"]
    assert [row.split() for row in rows] == [["door", "1", "2"], ["后门", "0", "0"]]

"""What ``count`` prints: the document that programs read, and the table."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from agent.capture.footfall.counting.facts import CutStay, Presence, Stay, Warmth
from agent.capture.footfall.counting.line import Crossing, Direction, Line
from agent.capture.footfall.counting.settling import Settled
from agent.capture.footfall.counting.zone import Zone
from agent.capture.footfall.recount import Pace, Recount
from agent.capture.footfall.recount_report import document, table
from models.wire.events.footfall import LineKind, ZoneKind

LINES = (Line("door", 0, 0, 0, 9), Line("后门", 5, 0, 5, 9, LineKind.PASSING))
CORNERS = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0))
ZONES = (
    Zone("shelf", ZoneKind.DWELL, CORNERS),
    Zone("till", ZoneKind.QUEUE, CORNERS),
    Zone("mirror", ZoneKind.EXCLUDED, CORNERS),
)
CAME = Crossing("door", Direction.IN, 3.2, 1)
WENT = Crossing("door", Direction.OUT, 4.00049, 2)
FACTS = (
    Presence("shelf", 3.0, 1.5, 0.5, 2),
    Presence("shelf", 4.0, 0.5, 0.5, 1),
    Stay("shelf", 4.0, 1.5),
    Stay("shelf", 5.0, 4.2),
    CutStay("shelf", 6.0),
    Warmth(33, 3.0, 0.2),
    Warmth(33, 4.0, 0.2),
)


def a_recount(*, truncated: bool = False, seconds: float = 10.0) -> Recount:
    return Recount(
        frames=100,
        sampled=50,
        seconds_of_video=seconds,
        lines=LINES,
        crossings=(
            WENT,
            CAME,
            Crossing("door", Direction.OUT, 7.0, 1),
        ),
        pace=Pace(1.00049, 16.0, 0.5, 17.50049),
        truncated=truncated,
        zones=ZONES,
        observed_s=8.0,
        settled=(Settled(WENT, staff=True), Settled(CAME, again=True, leads=True)),
        facts=FACTS,
    )


def test_the_document_has_these_keys_and_no_others() -> None:
    encoded = msgspec.json.encode(document(a_recount()))
    assert msgspec.json.decode(encoded) == {
        "frames": 100,
        "seconds_of_video": 10.0,
        "sampled_fps": 5.0,
        "lines": {
            "door": {
                "kind": "entrance",
                "in": 1,
                "out": 2,
                "staff": {"in": 0, "out": 1},
                "groups": {"in": 1, "out": 0},
                "again": 1,
                "events": [
                    {"t": 3.2, "direction": "in", "leads": True},
                    {"t": 4.0, "direction": "out", "staff": True},
                    {"t": 7.0, "direction": "out"},
                ],
            },
            "后门": {
                "kind": "passing",
                "in": 0,
                "out": 0,
                "staff": {"in": 0, "out": 0},
                "groups": {"in": 0, "out": 0},
                "again": 0,
                "events": [],
            },
        },
        "zones": {
            "shelf": {
                "kind": "dwell",
                "mean": 0.25,
                "most": 2,
                "person_s": 2.0,
                "staff_s": 1.0,
                "stays": 2,
                "cut": 1,
                "p50_s": 1.493,
                "p90_s": 4.218,
            },
            "till": {
                "kind": "queue",
                "mean": 0.0,
                "most": 0,
                "person_s": 0.0,
                "staff_s": 0.0,
                "stays": 0,
                "cut": 0,
                "p50_s": None,
                "p90_s": None,
            },
        },
        "heat": [[33, 400]],
        "ms_per_frame": {"decode": 1.0, "detect": 16.0, "track": 0.5, "total": 17.5},
        "observed_s": 8.0,
        "garbled_s": 0.0,
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
    assert heading.split() == ["line", "in", "out", "groups", "staff", "again"]
    assert [row.split() for row in rows] == [
        ["door", "1", "2", "1", "/", "0", "0", "/", "1", "1"],
        ["后门", "0", "0", "0", "/", "0", "0", "/", "0", "0"],
    ]


def test_the_table_has_a_row_per_zone_and_a_dash_where_nothing_is_known() -> None:
    heading, *rows = table(a_recount()).splitlines()[3:6]
    assert heading.split() == ["zone", "mean", "most", "stays", "half", "9", "in", "10", "staff"]
    assert [row.split() for row in rows] == [
        ["shelf", "0.25", "2", "2", "1.5", "s", "4.2", "s", "1.0", "s"],
        ["till", "0.00", "0", "0", "-", "-", "0.0", "s"],
    ]


def test_where_nothing_was_watched_closely_the_mean_is_not_known() -> None:
    blind = replace(a_recount(), observed_s=0.0)
    assert document(blind).zones["shelf"].mean is None

"""The heat map and the chart: where they are coloured, how long a bar is, who may read them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from agent.capture.footfall.camera.frame import Frame
from agent.capture.footfall.chart_picture import draw_chart, step_of
from agent.capture.footfall.counting.facts import Presence, Warmth
from agent.capture.footfall.counting.line import Crossing, Direction, Line
from agent.capture.footfall.counting.zone import Zone
from agent.capture.footfall.drawn_files import write_png
from agent.capture.footfall.heat_picture import Backdrop, draw_heat
from agent.capture.footfall.recount import Glance, Pace, Recount
from agent.errors import DiskUnusable
from models.wire.events.footfall import ZoneKind
from tests.simulators.passers import no_walkers

SIZE = (320, 180)
"""Ten pixels a cell."""

CORNERS = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0))


def a_glance(at_s: float, grey: int) -> Glance:
    picture = np.full((SIZE[1], SIZE[0], 3), grey, np.uint8)
    return Glance(Frame(picture, at_s, 0), no_walkers(), ())


def test_it_is_brightest_where_feet_were_longest_and_plain_where_nobody_was() -> None:
    backdrop = np.full((180, 320, 3), 100, np.uint8)
    drawn = draw_heat(backdrop, [(9 * 32 + 16, 60_000), (9 * 32 + 4, 6_000)]).astype(int)
    hot, warm, cold = drawn[95, 165], drawn[95, 45], drawn[10, 10]
    assert hot.sum() > warm.sum() > cold.sum()
    assert hot[2] > hot[0], "hot is yellow, not blue"
    assert cold.tolist() == [45, 45, 45]
    assert (backdrop == 100).all()


def test_a_place_without_people_is_drawn_darkened() -> None:
    assert (draw_heat(np.full((180, 320, 3), 200, np.uint8), []) == 90).all()


def test_the_backdrop_is_the_mean_of_a_picture_a_second() -> None:
    backdrop = Backdrop(SIZE)
    assert (backdrop.picture == 0).all()
    for at_s, grey in ((0.0, 100), (0.5, 250), (1.0, 200), (1.9, 250)):
        backdrop(a_glance(at_s, grey))
    assert (backdrop.picture == 150).all()


def a_recount(seconds: float = 40.0) -> Recount:
    crossings = [Crossing("door", Direction.IN, at_s, 1) for at_s in (1.0, 1.5, 39.9)]
    return Recount(
        frames=400,
        sampled=200,
        seconds_of_video=seconds,
        lines=(Line("door", 0, 0, 0, 9),),
        crossings=(*crossings, Crossing("door", Direction.OUT, 20.0, 2)),
        pace=Pace(1, 1, 1, 3),
        truncated=False,
        zones=(Zone("shelf", ZoneKind.DWELL, CORNERS), Zone("tv", ZoneKind.EXCLUDED, CORNERS)),
        observed_s=seconds,
        facts=(Presence("shelf", 10.0, 1.0, 0.0, 1), Warmth(3, 1.0, 0.2)),
    )


def test_a_chart_has_a_panel_per_line_and_told_zone_and_colour_in_each() -> None:
    chart = draw_chart(a_recount())
    assert chart.shape == (2 * 150 + 60, 1000, 3)
    coloured = (chart.max(axis=2).astype(int) - chart.min(axis=2)) > 40
    assert coloured[:150].any()
    assert coloured[150:300].any()
    came, went = chart[:150][coloured[:150]][:, 1], chart[:150][coloured[:150]][:, 2]
    assert came.max() > 100
    assert went.max() > 200


@pytest.mark.parametrize("seconds", [0.0, 0.4, 100_000.0])
def test_a_chart_can_be_drawn_of_any_length(seconds: float) -> None:
    assert draw_chart(a_recount(seconds)).any()


@pytest.mark.parametrize(
    ("seconds", "step_s"), [(0, 1), (60, 1), (61, 2), (3600, 60), (86_400, 1800), (10**6, 3600)]
)
def test_a_bar_is_as_short_as_sixty_of_them_allow(seconds: float, step_s: int) -> None:
    assert step_of(seconds) == step_s


def test_a_picture_is_whole_its_owners_alone_and_replaces_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / "heat.png"
    path.write_bytes(b"older")
    write_png(path, np.full((4, 6, 3), 7, np.uint8))
    assert path.stat().st_mode & 0o077 == 0
    assert np.asarray(cv2.imread(str(path))).shape == (4, 6, 3)
    assert list(tmp_path.iterdir()) == [path]


def test_a_picture_that_cannot_be_written_leaves_nothing() -> None:
    with pytest.raises(DiskUnusable, match="nothing was written"):
        write_png(Path("/proc/heat.png"), np.zeros((4, 6, 3), np.uint8))

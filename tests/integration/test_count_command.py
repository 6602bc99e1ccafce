"""``lianke-agent count``: what an operator types, reads, and scripts by."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

import agent.cli
from agent.capture.footfall.clip_count import ClipOrder, run
from agent.capture.footfall.counting.line import Direction, Line
from agent.capture.footfall.detection.detector import Detector
from agent.capture.footfall.detection.loading import load_detector
from tests.simulators import clips
from tests.simulators.processes import program
from tests.simulators.red_coat_network import red_coats
from tests.simulators.walkers import Coat, Film, Walk, crowd

DOOR = "door=160,0,160,240"

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def film() -> Film:
    return crowd(seed=5, people=5)


@pytest.fixture(scope="module")
def clip(film: Film, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film.record(tmp_path_factory.mktemp("clip") / "door.avi")


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    return load_detector(red_coats(tmp_path_factory.mktemp("network")))


@pytest.fixture
def count(detector: Detector) -> Callable[..., tuple[str, str]]:
    def one(clip: Path, *lines: str, **more: Any) -> tuple[str, str]:
        out, err = io.StringIO(), io.StringIO()
        run(ClipOrder(clip, lines or [DOOR], **more), out, err, lambda _network: detector)
        return out.getvalue(), err.getvalue()

    return one


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Command]:
    before = structlog.get_config()
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    monkeypatch.setenv("LIANKE_MODELS", str(tmp_path / "no-networks"))

    def one(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["lianke-agent", "count", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            agent.cli.main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    yield one
    structlog.configure(**before)
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


def test_everybody_in_a_clip_is_counted_by_direction_with_their_times(
    count: Callable[..., tuple[str, str]], clip: Path, film: Film
) -> None:
    out, err = count(clip, DOOR, "back=160,240,160,0", as_json=True)
    told = json.loads(out)
    truth = film.crossings(Line("door", 160, 0, 160, 240))
    events = told["lines"]["door"]["events"]
    assert [event["direction"] for event in events] == [way for _, way in truth]
    assert [event["t"] for event in events] == pytest.approx([at_s for at_s, _ in truth], abs=0.3)
    ways = [way for _, way in truth]
    sums = {"in": ways.count(Direction.IN), "out": ways.count(Direction.OUT)}
    assert {way: told["lines"]["door"][way] for way in sums} == sums
    assert (told["lines"]["back"]["in"], told["lines"]["back"]["out"]) == (sums["out"], sums["in"])
    assert (told["frames"], told["seconds_of_video"]) == (film.frames, film.frames / film.fps)
    assert told["sampled_fps"] == film.fps
    assert err == ""


def test_half_of_the_pictures_give_the_same_sums_and_say_so(
    count: Callable[..., tuple[str, str]], clip: Path, film: Film
) -> None:
    every = json.loads(count(clip, as_json=True)[0])
    half = json.loads(count(clip, as_json=True, sample_fps=5.0)[0])
    assert half["sampled_fps"] == pytest.approx(5.0, abs=0.05)
    assert half["frames"] == film.frames
    for way in ("in", "out"):
        assert half["lines"]["door"][way] == every["lines"]["door"][way]


def test_the_table_is_for_people(count: Callable[..., tuple[str, str]], clip: Path) -> None:
    out, _ = count(clip)
    assert re.search(r"^door +\d+ +\d+ ", out, re.MULTILINE)


def test_the_annotated_clip_is_the_only_file_that_is_written(
    count: Callable[..., tuple[str, str]], clip: Path, tmp_path: Path
) -> None:
    out = tmp_path / "seen.mp4"
    plain = json.loads(count(clip, as_json=True)[0])
    drawn = json.loads(count(clip, as_json=True, annotate=out)[0])
    assert plain["lines"] == drawn["lines"]
    assert list(tmp_path.iterdir()) == [out]


def test_zones_groups_and_heat_are_told_and_drawn(
    count: Callable[..., tuple[str, str]], clip: Path, tmp_path: Path
) -> None:
    heatmap, chart = tmp_path / "heat.png", tmp_path / "chart.png"
    zones = ["floor=0,0,320,0,320,240,0,240", "sky:queue=0,0,320,0,320,40,0,40"]
    out, _ = count(clip, as_json=True, zones=zones, heatmap=heatmap, chart=chart)
    told = json.loads(out)
    door, floor, sky = told["lines"]["door"], told["zones"]["floor"], told["zones"]["sky"]
    assert door["groups"] == {"in": door["in"], "out": door["out"]}, "all of them came alone"
    assert floor["most"] >= 1
    assert sum(ms for _, ms in told["heat"]) == pytest.approx(1000 * floor["person_s"], rel=0.1)
    assert (sky["mean"], sky["most"], sky["stays"]) == (0.0, 0, 0)
    assert {path.name for path in tmp_path.iterdir()} == {"heat.png", "chart.png"}


def test_nobody_in_an_excluded_zone_is_counted(
    count: Callable[..., tuple[str, str]], clip: Path
) -> None:
    out, _ = count(clip, as_json=True, zones=["all:excluded=0,0,320,0,320,240,0,240"])
    told = json.loads(out)
    assert (told["lines"]["door"]["events"], told.get("heat")) == ([], None)


def test_who_wears_the_badge_is_counted_as_staff_beside_the_sums(
    detector: Detector, tmp_path: Path
) -> None:
    out = io.StringIO()
    walks = [
        Walk(Coat.RED, 1.0, 4.0, ((-40, 200), (360, 200))),
        Walk(Coat.BLUE, 6.0, 4.0, ((-40, 200), (360, 200))),
    ]
    clip = Film(walks, seconds=13.0).record(tmp_path / "staff.avi")
    order = ClipOrder(clip, [DOOR], badge="hue = [345, 15], share = 0.2", as_json=True)
    run(order, out, io.StringIO(), lambda _network: detector)
    told = json.loads(out.getvalue())["lines"]["door"]
    assert (told["out"], told["staff"]["out"]) == (2, 1)
    assert [event.get("staff", False) for event in told["events"]] == [True, False]


@pytest.mark.parametrize(
    ("badge", "says"),
    [
        ("red", "'hue = [340, 20], share = 0.3'"),
        ("hue = [1, 2, 3]", "must be [from, to]"),
        ("hue = [340, 20], sare = 0.3", "did you mean 'share'?"),
        ("share = 0.3", "'hue' is missing"),
    ],
)
def test_a_badge_that_is_none_is_refused(
    command: Command, clip: Path, badge: str, says: str
) -> None:
    refused(command(clip, "--line", DOOR, "--badge", badge), says)


def test_a_zone_is_enough_to_count_at(detector: Detector, clip: Path) -> None:
    out = io.StringIO()
    order = ClipOrder(clip, [], zones=["floor=0,0,320,0,320,240,0,240"])
    run(order, out, io.StringIO(), lambda _network: detector)
    assert re.match(r"zone .*\nfloor +[\d.]+ +\d+", out.getvalue())


@pytest.mark.parametrize(
    ("zone", "says"),
    [
        ("floor=0,0,900,0,900,240", "outside the picture, which is 320 wide and 240 high"),
        ("floor:hall=0,0,9,0,9,9", "no kind of zone"),
        ("floor=0,0,9,9,9,0,0,9", "meets the one"),
    ],
)
def test_a_zone_that_is_none_is_refused(command: Command, clip: Path, zone: str, says: str) -> None:
    refused(command(clip, "--line", DOOR, "--zone", zone), says)


def test_a_zone_given_twice_is_refused(command: Command, clip: Path) -> None:
    square = "floor=0,0,9,0,9,9"
    refused(command(clip, "--zone", square, "--zone", square), "floor is there twice")


def test_a_heat_map_is_a_png(command: Command, clip: Path, tmp_path: Path) -> None:
    target = tmp_path / "heat.jpg"
    refused(command(clip, "--line", DOOR, "--heatmap", target), "it writes PNG")


def test_a_clip_that_breaks_off_is_counted_as_far_as_it_goes_and_said(
    count: Callable[..., tuple[str, str]], clip: Path, film: Film
) -> None:
    out, err = count(clips.cut_off(clip, 0.6), as_json=True)
    told = json.loads(out)
    assert told["truncated"] is True
    assert 0 < told["frames"] < film.frames
    breaks_off, *damaged = err.splitlines()
    assert f"breaks off after {told['seconds_of_video']:.1f} s" in breaks_off
    assert bool(damaged) == (told["garbled_s"] > 0)  # the picture in which it breaks off, if any


def test_time_between_pictures_too_far_apart_is_a_gap_as_on_the_shop_floor(
    count: Callable[..., tuple[str, str]], tmp_path: Path
) -> None:
    walks = [
        Walk(Coat.RED, 1.0, 6.0, ((-40, 200), (360, 200))),
        Walk(Coat.BLUE, 9.0, 6.0, ((360, 190), (-40, 190))),
    ]
    clip = Film(walks, seconds=20.0, fps=1.0).record(tmp_path / "slow.avi")
    out, err = count(clip, as_json=True)
    told = json.loads(out)
    assert (told["lines"]["door"]["in"], told["lines"]["door"]["out"]) == (0, 0)
    assert told["observed_s"] == 0.0
    assert "only 0.0 of 20.0 s were looked at closely enough" in err
    table, _ = count(clip)
    assert "0.0 s of it closely enough to count" in table


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("door=900,0,900,240", "outside the picture, which is 320 wide and 240 high"),
        ("door=160,-1,160,240", "outside the picture"),
        ("door=9,9,9,9", "no length"),
        ("door=nan,0,9,9", "finite"),
        ("door=inf,0,9,9", "finite"),
        ("door=,,,", "not four numbers"),
        ("door=1,2,3", "NAME=x1,y1,x2,y2"),
        ("=1,2,3,4", "no name"),
        ("160,0,160,240", "NAME=x1,y1,x2,y2"),
    ],
)
def test_a_line_that_cannot_be_counted_at_is_refused_before_a_network_is_asked_for(
    command: Command, clip: Path, line: str, says: str
) -> None:
    refused(command(clip, "--line", line), says)


def test_a_line_given_twice_is_refused(command: Command, clip: Path) -> None:
    refused(command(clip, "--line", DOOR, "--line", "door=9,0,9,240"), "door is there twice")


def test_no_line_at_all_shows_one_that_fits_the_picture(command: Command, clip: Path) -> None:
    refused(command(clip), "--line door=160,0,160,240 (the picture is 320 wide and 240 high)")


@pytest.mark.parametrize("rate", ["0", "-3", "nan", "inf"])
def test_a_rate_that_is_none_is_refused(command: Command, clip: Path, rate: str) -> None:
    refused(command(clip, "--line", DOOR, "--sample-fps", rate), "above 0")


def test_a_target_that_cannot_be_written_is_refused(
    command: Command, clip: Path, tmp_path: Path
) -> None:
    target = tmp_path / "none" / "out.mp4"
    refused(command(clip, "--line", DOOR, "--annotate", target), "no folder")


def test_a_network_that_is_not_there_asks_for_a_person(command: Command, clip: Path) -> None:
    refused(command(clip, "--line", DOOR), "lianke-agent models pull", code=4)
    refused(command(clip, "--line", DOOR, "--network", "nobody's"), "nobody's")


def test_a_network_of_other_bytes_is_not_used(
    command: Command, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIANKE_MODELS", str(tmp_path))
    (tmp_path / "yolox-nano-416.onnx").write_bytes(b"something else")
    refused(command(clip, "--line", DOOR), "is not yolox-nano-416", code=4)


def test_a_file_that_is_no_clip_is_one_line_and_nothing_else(clip: Path, tmp_path: Path) -> None:
    """As processes: what OpenCV and ffmpeg print by themselves would be seen."""
    for wrong, says in (
        (tmp_path / "none.mp4", "does not exist"),
        (tmp_path, "is a folder"),
        (clips.empty(tmp_path), "is empty"),
        (clips.no_video(tmp_path), "no video"),
        (clips.cut_off(clip, 0.001), "no video"),
        (clips.of_unknown_codec(clip), "cannot decode its codec"),
    ):
        done = subprocess.run(
            [program("lianke-agent"), "count", str(wrong), "--line", DOOR],
            capture_output=True,
            text=True,
            check=False,
        )
        refused((done.returncode, done.stdout, done.stderr), says)


def test_nothing_is_kept_in_a_home_or_temporary_folder(clip: Path, tmp_path: Path) -> None:
    """Libraries that report home keep an identity and a queue there."""
    ours = {name: value for name, value in os.environ.items() if name != "CI"}
    folders = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME"), str(tmp_path))
    done = subprocess.run(
        [program("lianke-agent"), "count", str(clip), "--line", DOOR],
        capture_output=True,
        text=True,
        check=False,
        env={**ours, **folders, "LIANKE_MODELS": str(tmp_path / "none")},
    )
    refused((done.returncode, done.stdout, done.stderr), "models pull", code=4)
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("library", ["cv2", "numpy", "onnxruntime", "scipy"])
def test_a_box_without_a_library_says_what_to_install(clip: Path, library: str) -> None:
    code = f"import sys; sys.modules[{library!r}] = None; from agent.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "count", str(clip), "--line", DOOR],
        capture_output=True,
        text=True,
        check=False,
    )
    refused((done.returncode, done.stdout, done.stderr), "lianke[vision]", code=4)


def refused(ended: tuple[int, str, str], says: str, code: int = 2) -> None:
    """Ended with this exit code, nothing on stdout, and one line on stderr that says why."""
    got, out, err = ended
    assert (got, out) == (code, ""), err
    assert err.count("\n") == 1, err
    assert err.startswith("lianke-agent: ")
    assert says in err

"""Cameras of the configuration: what is read, and what is refused with which words."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from agent.config import AgentConfig, BadgeSettings, SourceKind, read_config
from agent.errors import BadConfiguration
from models.wire.events.footfall import LineKind, ZoneKind

HEAD = '[device]\ntenant = "demo"\nstore = "sh-0001"\ndevice = "sh-0001-cam1"\n'
LINE = '[[camera.line]]\nname = "door"\nbegin = [0.5, 0]\nend = [0.5, 1]\n'


def camera(settings: str = 'source = "rtsp://10.0.0.9/main"', line: str = LINE) -> str:
    return f'[[camera]]\nname = "entrance"\n{settings}\n{line}'


def read(folder: Path, *cameras: str) -> AgentConfig:
    path = folder / "agent.toml"
    path.write_text(HEAD + "".join(cameras))
    return read_config(path)


def test_a_camera_is_read_with_its_lines_and_defaults(tmp_path: Path) -> None:
    [one] = read(tmp_path, camera()).camera
    assert (one.name, one.kind, one.sample_fps, one.speed) == (
        "entrance",
        SourceKind.STREAM,
        None,
        1.0,
    )
    assert one.steady_fps is None
    assert one.address == ("10.0.0.9", 554)
    [line] = one.line
    assert (line.name, line.begin, line.end) == ("door", (0.5, 0.0), (0.5, 1.0))


def test_a_box_with_a_camera_says_so(tmp_path: Path) -> None:
    assert "footfall" in read(tmp_path, camera()).capabilities
    assert "footfall" not in read(tmp_path).capabilities


@pytest.mark.parametrize("source", ["/srv/shots/", "shots/*.jpg", "shots/door-%05d.png"])
def test_a_folder_or_pattern_is_a_sequence_of_pictures(tmp_path: Path, source: str) -> None:
    [one] = read(tmp_path, camera(f'source = "{source}"\nsource_fps = 10')).camera
    assert one.kind is SourceKind.SEQUENCE
    assert one.file == Path(source) if source.endswith("/") else Path(source).parent


def test_a_recording_is_looked_at_at_the_same_rate_on_every_box(tmp_path: Path) -> None:
    recorded = 'source = "a.avi"\nbegin_at = 2026-03-01T17:00:00+08:00'
    [one] = read(tmp_path, camera(recorded)).camera
    assert one.steady_fps == 5.0


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("0", SourceKind.DEVICE),
        ("/dev/video2", SourceKind.DEVICE),
        ("/dev/v4l/by-id/usb-cam-index0", SourceKind.DEVICE),
        ("rtsps://camera/1", SourceKind.STREAM),
        ("HTTP://camera:8080/video.mjpg", SourceKind.STREAM),
        ("/srv/clips/door.mp4", SourceKind.CLIP),
        ("door 2.avi", SourceKind.CLIP),
    ],
)
def test_a_source_is_known_by_its_form(tmp_path: Path, source: str, kind: SourceKind) -> None:
    [one] = read(tmp_path, camera(f'source = "{source}"')).camera
    assert one.kind is kind


def test_a_clip_may_have_been_recorded_at_a_time(tmp_path: Path) -> None:
    settings = 'source = "door.mp4"\nbegin_at = 2026-03-01T17:00:00+08:00\nspeed = 0'
    [one] = read(tmp_path, camera(settings)).camera
    assert one.recorded_at == datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    assert one.recorded_at.tzinfo is UTC


def a_line(begin: str = "[0.5, 0]", end: str = "[0.5, 1]", name: str = "door") -> str:
    return f'[[camera.line]]\nname = "{name}"\nbegin = {begin}\nend = {end}\n'


@pytest.mark.parametrize(
    ("cameras", "message"),
    [
        (camera() * 2, "camera name 'entrance' is given twice"),
        (camera(line=LINE * 2), "line name 'door' is given twice"),
        (camera(line=""), "counts nothing; add a [[camera.line]]"),
        (camera().replace("entrance", "Front door"), "use 1-32 of a-z"),
        (camera(line=a_line(name="出入口")), "use 1-32 of a-z"),
        (camera(line=a_line(begin="[0.5, -0.1]")), "lies outside the picture"),
        (camera(line=a_line(end="[300, 420]")), "lies outside the picture"),
        (camera(line=a_line(end="[nan, 1]")), "lies outside the picture"),
        (camera(line=a_line(end="[0.5, 0]")), "are the same point; a line needs a length"),
        (camera(line=a_line(end="[0.5]")), "end must be [x, y]"),
        (camera('source = ""'), "source is empty"),
        (camera('source = "ftp://camera/1"'), "no address that can be watched"),
        (camera('source = "rtsp:///1"'), "no address that can be watched"),
        (camera('source = "rtsp://camera:x/1"'), "source is no address"),
        (camera('source = "0"\nsample_fps = -1'), "sample_fps must be 2 or more"),
        (camera('source = "0"\nsample_fps = inf'), "sample_fps must be 2 or more"),
        (camera('source = "0"\nsample_fps = 1'), "0 for every picture, not 1"),
        (camera('source = "0"\nprocessor_share = 0.0'), "processor_share must be above 0"),
        (camera('source = "shots/"'), "second; add it"),
        (camera('source = "shots/*.jpg"\nsource_fps = 0.0'), "source_fps must be above 0"),
        (camera('source = "a.avi"\nsource_fps = 10'), "leave it out for any other source"),
        (camera('source = "0"\nstall_s = 0'), "stall_s must be 1 or more"),
        (camera('source = "0"\nspeed = 2.0'), "are for a clip only"),
        (camera('source = "a.avi"\nspeed = 2.0'), "speed 2 needs begin_at"),
        (camera('source = "a.avi"\nbegin_at = 2026-03-01T17:00:00'), "needs an offset"),
        (camera('source = "a.avi"\nbegin_at = 2026-03-01'), "must be of kind datetime"),
        (camera('source = "a.avi"\nsampel_fps = 5'), "did you mean 'sample_fps'?"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path: Path, cameras: str, message: str) -> None:
    with pytest.raises(BadConfiguration) as refused:
        read(tmp_path, cameras)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "source",
    ["rtsp://admin:hunter2@camera/1", "rtsp://hunter2@camera/1", "rtsp://admin:hunter2@camera:x/"],
)
def test_a_login_in_an_address_is_refused_and_not_repeated(tmp_path: Path, source: str) -> None:
    with pytest.raises(BadConfiguration) as refused:
        read(tmp_path, camera(f'source = "{source}"'))
    assert "hunter2" not in str(refused.value)
    assert "camera entrance" in str(refused.value)


def test_networks_are_where_they_are_pulled_to_unless_the_file_says_otherwise(
    tmp_path: Path,
) -> None:
    assert read(tmp_path, camera()).vision.models_dir is None
    named = read(tmp_path, camera() + '\n[vision]\nmodels_dir = "/srv/networks"\n')
    assert named.vision.models_dir == Path("/srv/networks")


def test_the_shipped_camera_box_can_be_read_once_its_capitals_are_filled_in(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "device_configs" / "camera-box.toml"
    path = tmp_path / "agent.toml"
    path.write_text(shipped.read_text(encoding="utf-8").lower(), encoding="utf-8")
    [one] = read_config(path).camera
    assert one.kind is SourceKind.STREAM
    assert one.login_file is not None


SQUARE = "[[0.1, 0.1], [0.4, 0.1], [0.4, 0.4], [0.1, 0.4]]"


def a_zone(corners: str = SQUARE, name: str = "shelf", kind: str = "dwell") -> str:
    return f'[[camera.zone]]\nname = "{name}"\nkind = "{kind}"\ncorners = {corners}\n'


def test_lines_and_zones_say_what_they_are_for(tmp_path: Path) -> None:
    street = (
        '[[camera.line]]\nname = "street"\nbegin = [0, 0.9]\nend = [1, 0.9]\nkind = "passing"\n'
    )
    areas = a_zone(kind="queue") + a_zone(name="mirror", kind="excluded")
    [one] = read(tmp_path, camera(line=LINE + street + areas)).camera
    assert [line.kind for line in one.line] == [LineKind.ENTRANCE, LineKind.PASSING]
    assert [zone.kind for zone in one.zone] == [ZoneKind.QUEUE, ZoneKind.EXCLUDED]
    assert one.zone[0].corners == ((0.1, 0.1), (0.4, 0.1), (0.4, 0.4), (0.1, 0.4))
    assert [zone.name for zone in one.told_zones] == ["shelf"]


def test_a_camera_over_a_queue_needs_no_line(tmp_path: Path) -> None:
    [one] = read(tmp_path, camera(line=a_zone(kind="queue"))).camera
    assert one.line == ()


@pytest.mark.parametrize(
    ("zones", "message"),
    [
        (a_zone(corners="[[0, 0], [1, 1]]"), "it has 2 corners; give it 3 to 16"),
        (a_zone(corners=f"{[[n / 20, (n / 20) ** 2] for n in range(17)]}"), "it has 17 corners"),
        (a_zone(corners="[[0, 0], [1, 0], [1]]"), "corner must be [x, y], not [1.0]"),
        (a_zone(corners="[[0, 0], [1, 0], [1, 1.5]]"), "corner [1.0, 1.5] lies outside"),
        (a_zone(corners="[[0, 0], [1, 0], [0, 0]]"), "its corner 0,0 is there twice"),
        (
            a_zone(corners="[[0, 0], [1, 1], [1, 0], [0, 1]]"),
            "side from 0,0 to 1,1 meets the one from 1,0 to 0,1",
        ),
        (a_zone(corners="[[0, 0], [0.5, 0], [1, 0]]"), "meets the one"),
        (a_zone(corners="[[0, 0], [1, 0], [1, 1], [0.5, 0]]"), "meets the one"),
        (a_zone(corners="[[0, 0], [0.5, 0], [0.2, 0], [0.2, 0.5]]"), "meets the one"),
        (a_zone() * 2, "zone name 'shelf' is given twice"),
        (a_zone(name="Shelf 1"), "zone name 'Shelf 1': use 1-32 of a-z"),
        (a_zone(kind="dwel"), "did you mean 'dwell'"),
        ("".join(a_zone(name=f"z{n}") for n in range(33)), "has 33 zones; at most 32"),
    ],
)
def test_a_zone_that_is_no_area_is_refused_by_name(
    tmp_path: Path, zones: str, message: str
) -> None:
    with pytest.raises(BadConfiguration) as refused:
        read(tmp_path, camera(line=LINE + zones))
    assert message in str(refused.value)
    assert "camera" in str(refused.value)


def test_an_area_with_a_notch_is_one(tmp_path: Path) -> None:
    notched = "[[0, 0], [1, 0], [1, 1], [0.5, 0.5], [0, 1]]"
    assert read(tmp_path, camera(line=a_zone(notched))).camera[0].zone


STAFF = '[camera.staff]\nhours = [["08:00", "08:45"], ["22:30", "00:15"]]\n'
BADGE = "badge = { hue = [340, 20], share = 0.2 }\n"


def test_staff_are_known_by_hours_and_badge(tmp_path: Path) -> None:
    [one] = read(tmp_path, camera(line=LINE + STAFF + BADGE)).camera
    covered = [one.staff.covers(time(*at)) for at in ((8, 0), (8, 44), (8, 45), (23, 0), (0, 15))]
    assert covered == [True, True, False, True, False]
    assert one.staff.badge == BadgeSettings(hue=(340.0, 20.0), share=0.2)
    [plain] = read(tmp_path, camera()).camera
    assert not plain.staff.covers(time(8, 0))


@pytest.mark.parametrize(
    ("staff", "message"),
    [
        ('hours = [["8:00", "08:45"]]', "write two times of day"),
        ('hours = [["08:00"]]', "write two times of day"),
        ('hours = [["08:00", "24:00"]]', "write two times of day"),
        ('hours = [["08:00", "08:00"]]', "last no time"),
        ("badge = { hue = [0, 400] }", "hue must be [from, to] within 0-360"),
        ("badge = { hue = [0, 40], value = [0.9, 0.1] }", "value [0.9, 0.1] ends before"),
        ("badge = { hue = [0, 40], share = 0 }", "share must be above 0"),
        ("badge = {}", "'camera[0].staff.badge.hue' is missing"),
    ],
)
def test_staff_that_cannot_be_told_are_refused(tmp_path: Path, staff: str, message: str) -> None:
    with pytest.raises(BadConfiguration) as refused:
        read(tmp_path, camera(line=f"{LINE}[camera.staff]\n{staff}\n"))
    assert message in str(refused.value)

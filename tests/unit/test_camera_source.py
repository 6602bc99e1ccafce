"""What a source means, and that no login is ever shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.capture.footfall.camera.opening import open_camera
from agent.capture.footfall.camera.source import device_file, kind_of, shown, with_login
from agent.config.camera_source import SourceKind
from agent.errors import CameraLost, CameraUnreadable


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("0", SourceKind.DEVICE),
        ("/dev/video2", SourceKind.DEVICE),
        ("rtsp://camera/door", SourceKind.STREAM),
        ("RTSPS://camera/door", SourceKind.STREAM),
        ("http://camera/video.mjpg", SourceKind.STREAM),
        ("door.mp4", SourceKind.CLIP),
        ("/clips/0", SourceKind.CLIP),
    ],
)
def test_a_source_is_known_by_its_form(source: str, kind: SourceKind) -> None:
    assert kind_of(source) is kind


def test_an_address_of_another_kind_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(CameraUnreadable, match=r"ftp is no way to read a camera.*rtsp"):
        kind_of("ftp://camera/door")


def test_a_number_stands_for_a_device() -> None:
    assert device_file("3") == "/dev/video3"
    assert device_file("/dev/video3") == "/dev/video3"


def test_a_login_is_put_into_the_address_so_that_any_letter_survives() -> None:
    assert with_login("rtsp://camera:8554/a?b=1", "keeper:p@ss:w/rd") == (
        "rtsp://keeper:p%40ss%3Aw%2Frd@camera:8554/a?b=1"
    )
    assert with_login("rtsp://old:login@camera/a", "new:one") == "rtsp://new:one@camera/a"
    assert with_login("rtsp://camera/a", "") == "rtsp://camera/a"


@pytest.mark.parametrize(
    ("source", "safe"),
    [
        ("rtsp://camera:554/door", "rtsp://camera:554/door"),
        ("rtsp://user:secret@camera/door", "rtsp://camera/door"),
        ("rtsp://user:sec/ret@camera/door", "rtsp://camera/door"),
        ("rtsp://user:sec@ret@camera/door", "rtsp://camera/door"),
        ("http://camera/video?user=u&password=secret", "http://camera/video"),
        ("rtsp://user:sec?ret@camera/door", "rtsp://…"),
        ("/clips/door.mp4", "/clips/door.mp4"),
    ],
)
def test_an_address_is_shown_without_login_and_query(source: str, safe: str) -> None:
    assert shown(source) == safe


@given(st.text(st.characters(codec="utf-8"), max_size=12))
def test_no_password_in_an_address_is_shown(noise: str) -> None:
    assert "hunter2" not in shown(f"rtsp://user:hunter2{noise}@camera/door")


def test_a_camera_that_does_not_answer_is_told_without_its_login(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(CameraLost) as refused:
        open_camera("http://u:hunter2@127.0.0.1:9/x?key=hunter2", login="keeper:hunter2")
    assert "http://127.0.0.1:9/x does not answer" in str(refused.value)
    assert refused.value.__cause__ is None
    assert "hunter2" not in f"{refused.value}{capfd.readouterr()}"


def test_an_address_that_is_none_is_refused_without_quoting_its_login() -> None:
    with pytest.raises(CameraUnreadable) as refused:
        open_camera("rtsp://u:hunter2@[camera/x", login="keeper:hunter2")
    assert "hunter2" not in str(refused.value)


def test_a_device_that_is_not_there_may_come() -> None:
    with pytest.raises(CameraLost, match=r"/dev/video98 does not answer"):
        open_camera("98")

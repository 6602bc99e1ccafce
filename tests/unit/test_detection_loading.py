"""Networks as files: the toy one, the real one, and those that are not what they should be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import onnxruntime
import pytest

from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.detection.detector import FLOOR
from agent.capture.footfall.detection.loading import load_detector
from agent.errors import NetworkMismatch, NetworkMissing
from agent.networks import InstalledNetwork
from models.vision.manifest import digest, read_manifest
from tests.simulators.real_data import real_file
from tests.simulators.red_coat_network import SCORE, red_coats
from tests.simulators.walkers import Coat, Film, Walk


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> InstalledNetwork:
    return red_coats(tmp_path_factory.mktemp("networks"))


def told_otherwise(toy: InstalledNetwork, **changes: Any) -> InstalledNetwork:
    """The same file under a manifest that says something else of it."""
    return replace(toy, network=msgspec.structs.replace(toy.network, **changes))


def test_people_in_coats_are_found_where_they_stand(toy: InstalledNetwork) -> None:
    walks = [
        Walk(Coat.RED, 0, 10, ((100, 200), (100, 200))),
        Walk(Coat.BLUE, 0, 10, ((220, 150), (220, 150)), tall=60),
    ]
    picture = next(Film(walks).pictures())
    people = load_detector(toy).detect(picture)
    assert people.scores == pytest.approx([SCORE, SCORE])
    expected = [[85, 110, 116, 201], [210, 90, 231, 151]]
    assert np.abs(people.boxes[np.argsort(people.boxes[:, 0])] - expected).max() < 2.5


def test_an_empty_picture_holds_nobody(toy: InstalledNetwork) -> None:
    people = load_detector(toy).detect(next(Film().pictures()))
    assert len(people) == 0
    assert people.boxes.shape == (0, 4)


def test_a_network_that_is_not_there_has_to_be_pulled(toy: InstalledNetwork) -> None:
    with pytest.raises(NetworkMissing, match="lianke-agent models pull"):
        load_detector(replace(toy, file=toy.file.with_name("absent.onnx")))


def test_other_bytes_than_the_manifests_are_refused(toy: InstalledNetwork, tmp_path: Path) -> None:
    file = tmp_path / "changed.onnx"
    body = bytearray(toy.file.read_bytes())
    body[-1] ^= 1
    file.write_bytes(body)
    with pytest.raises(NetworkMismatch, match="SHA-256"):
        load_detector(replace(toy, file=file))


def test_bytes_that_are_no_network_are_refused_in_one_line(
    toy: InstalledNetwork, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "text.onnx"
    file.write_bytes(b"no network" * 100)
    told = told_otherwise(toy, sha256=digest(file), size_bytes=file.stat().st_size)
    with pytest.raises(NetworkMismatch, match="cannot load") as refused:
        load_detector(replace(told, file=file))
    assert "\n" not in str(refused.value)
    assert capfd.readouterr() == ("", "")


def test_a_manifest_that_describes_another_network_is_found_out(toy: InstalledNetwork) -> None:
    input_ = toy.network.input
    labels = toy.network.labels
    for changes, complaint in (
        ({"input": msgspec.structs.replace(input_, name="pictures")}, "inputs are"),
        ({"input": msgspec.structs.replace(input_, width=320)}, "refuses an input"),
        ({"outputs": ("boxes",)}, "no output 'boxes'"),
        ({"labels": msgspec.structs.replace(labels, columns=90)}, "shape"),
    ):
        with pytest.raises(NetworkMismatch, match=complaint):
            load_detector(told_otherwise(toy, **changes))


def test_the_real_network_says_what_a_plain_reading_of_its_answer_says() -> None:
    """Written after the upstream's description, with no shortcut of ours."""
    file = real_file("models", "yolox_nano_416.onnx")
    detector = load_detector(InstalledNetwork(read_manifest().networks[0], file))
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    with Clip(real_file("video", "vtest.avi"), 1) as clip:
        frames = [frame.picture for frame, _ in zip(clip.frames(), range(5), strict=False)]
    for picture in frames:
        people = detector.detect(picture)
        assert len(people) > 3
        boxes, scores = plain_reading(session, picture)
        assert people.scores == pytest.approx(scores, abs=1e-4)
        assert people.boxes == pytest.approx(boxes, abs=0.05)


def plain_reading(
    session: onnxruntime.InferenceSession, picture: np.ndarray[Any, np.dtype[np.uint8]]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    ratio = min(416 / picture.shape[0], 416 / picture.shape[1])
    inner = cv2.resize(picture, (int(picture.shape[1] * ratio), int(picture.shape[0] * ratio)))
    ground = np.full((416, 416, 3), 114, np.uint8)
    ground[: inner.shape[0], : inner.shape[1]] = inner
    (answer,) = session.run(None, {"images": ground.transpose(2, 0, 1)[None].astype(np.float32)})
    found = []
    row = 0
    for stride in (8, 16, 32):
        for y in range(416 // stride):
            for x in range(416 // stride):
                dx, dy, log_w, log_h, objectness, person = map(float, answer[0, row, :6])
                row += 1
                if objectness * person >= FLOOR:
                    w, h = np.exp(log_w) * stride / 2, np.exp(log_h) * stride / 2
                    cx, cy = (dx + x) * stride, (dy + y) * stride
                    box = [cx - w, cy - h, 2 * w, 2 * h]
                    found.append((objectness * person, box))
    scores = [score for score, _ in found]
    kept = cv2.dnn.NMSBoxes([box for _, box in found], scores, FLOOR, 0.45)
    corners = [[x, y, x + w, y + h] for x, y, w, h in (found[k][1] for k in kept)]
    return np.array(corners) / ratio, np.array([scores[k] for k in kept])

"""No face leaves: a whole run beside real faces, and YuNet judges whatever it left anywhere.

The run is the real command with the real network, watching a clip in which YuNet sees a face. All
the while somebody has the set-up page open, draws and proposes; a second person audits the live
camera, a third one the clip, and the clip's marks are scored. Searched are all files, databases and
logs of all processes, what they hold open elsewhere, both wires and the metrics: for pictures by
the hunter's prints and signs, and for faces by the judge, who takes every piece of them for an
image and for bare pixels. What was served to browsers is the control: there were faces to leak.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from agent.capture.footfall.audit.score import Score
from agent.tablet.setup.pin import PinFile
from models.vision.manifest import read_manifest
from tests.simulators.auditors import LiveAuditor, audit_a_clip
from tests.simulators.clicked_clip import a_clicked_clip
from tests.simulators.clips_with_faces import (
    FACE,
    FROM,
    LEAVES_AT_S,
    UNTIL,
    the_visitor_who_shows_her_face,
)
from tests.simulators.image_hunt import Exhibit, Hunter, PixelPrints, decoded, letterbox_of
from tests.simulators.image_hunt.judge import SURE, FaceJudge
from tests.simulators.image_hunt.plants import ALL, letterboxed
from tests.simulators.processes import program
from tests.simulators.real_data import real_file
from tests.simulators.real_network import NETWORK, cache_with_the_real_network
from tests.simulators.required_server import required_nats_server
from tests.simulators.set_up_visitor import SetUpVisitor
from tests.simulators.watched_shop import WatchedShop, watched_shop

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(180)]

Picture = NDArray[np.uint8]

PIN = "60271839"
SKETCH = {"line": [{"name": "table", "begin": [0.5, 0.0], "end": [0.5, 1.0]}], "trial": 1}
PLANTS = (
    *("jpeg", "png", "bmp", "webp", "bgr", "rgb", "grey", "planes", "numpy file"),
    *("zip", "gzip", "zstd", "zstd of base64 of png", "base64 of jpeg", "base64 of bgr"),
    *("base64 in lines in json", "data uri", "hex of jpeg", "latin text"),
)


@dataclass(frozen=True)
class Walk:
    """A finished run, what it is searched with, and what was served to browsers meanwhile."""

    shop: WatchedShop
    evidence: list[Exhibit]
    pictures: list[Picture]
    judge: FaceJudge
    hunter: Hunter
    served: dict[str, list[bytes]]
    troubles: list[str]
    found: str
    scored: Score

    @property
    def face(self) -> Picture:
        """What the camera saw when it saw a face."""
        return self.pictures[FACE - FROM]


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    required_nats_server()
    judge = FaceJudge(real_file("models", "face_detection_yunet_2026may.onnx"))
    elsewhere, folder = tmp_path_factory.mktemp("elsewhere"), tmp_path_factory.mktemp("run")
    clip = the_visitor_who_shows_her_face(elsewhere)
    pictures = decoded(clip)
    prints = PixelPrints.of(pictures[::4], letterbox_of(read_manifest().network(NETWORK)))
    agent = [program("lianke-agent"), "run", "--config"]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LIANKE_MODELS", str(cache_with_the_real_network(elsewhere)))
        with watched_shop(folder, clip, agent, sample_fps=0, speed=1.0, before=_with_a_pin) as shop:
            with (
                SetUpVisitor(shop.tablet_url, "door", PIN, SKETCH) as visitor,
                LiveAuditor(shop.tablet_url, "door", PIN) as auditor,
                ThreadPoolExecutor(1) as workers,
            ):
                third = workers.submit(_audited_by_the_clip, clip, folder / "audit.jsonl")
                found = _audited_live(auditor)
                served, scored = third.result()
                shop.look_until_told()
            shop.box.stop()
            yield Walk(
                shop=shop,
                evidence=list(shop.evidence()),
                pictures=pictures,
                judge=judge,
                hunter=Hunter(prints),
                served={
                    "set-up page": visitor.pictures,
                    "live audit": auditor.pictures,
                    "clip's audit": served,
                },
                troubles=visitor.troubles,
                found=found,
                scored=scored,
            )


def _with_a_pin(config: Path) -> None:
    PinFile(config.parent / "keys" / "camera-setup-pin.json").keep(PIN)


def _audited_live(auditor: LiveAuditor) -> str:
    """Until the face has been seen, and a second more."""
    auditor.watch(1)  # none can begin before the camera shows something
    auditor.begin()
    while (at_s := auditor.watch(1)) < (FACE - FROM) / 10 + 1:
        continue
    auditor.mark("door", "in", at_s)
    return auditor.finish()


def _audited_by_the_clip(clip: Path, marks: Path) -> tuple[list[bytes], Score]:
    with a_clicked_clip(clip, marks, ["door=384,0,384,432"]) as clicked:
        served = audit_a_clip(clicked.address, [(LEAVES_AT_S, "door", "out")], UNTIL - FROM)
        clicked.ended()
    score = [program("lianke-agent"), "audit", "score", str(marks), "--clip", str(clip), "--json"]
    done = subprocess.run(score, capture_output=True, check=True)
    return served, msgspec.json.decode(done.stdout, type=Score)


def test_no_face_is_in_anything_that_the_run_left(walk: Walk) -> None:
    assert walk.judge.judge(walk.evidence) == []


def test_no_picture_is_in_anything_that_the_run_left(walk: Walk) -> None:
    assert walk.hunter.hunt(walk.evidence) == []


def test_the_run_was_one_that_had_faces_to_leak(walk: Walk) -> None:
    """The judge sees them in what was served to each of the three, who were told not to keep it."""
    assert walk.troubles == []
    for who, files in walk.served.items():
        assert len(files) >= 20, who
        pictures = (cv2.imdecode(np.frombuffer(each, np.uint8), 1) for each in spread(files[::2]))
        assert any(walk.judge.score(np.asarray(each, np.uint8)) for each in pictures), who


def spread(files: Sequence[bytes]) -> Iterator[bytes]:
    """All of them; first some from everywhere, then those in between: she is there for a second."""
    step = 1 << len(files).bit_length()
    yield files[0]
    while step > 1:
        step //= 2
        yield from files[step :: 2 * step]


def test_what_was_searched_is_a_run_that_counted_and_was_audited(walk: Walk) -> None:
    assert walk.shop.counted() == {"in": 0, "out": 1}
    assert (walk.scored.total.seen, walk.scored.total.hits) == (1, 1)
    assert walk.found.startswith("You saw 1, the counter told 0")
    searched = {Path(each.where).name for each in walk.evidence}
    assert searched >= {"agent.log", "cloud.log", "outbox.sqlite3", "cloud.sqlite3", "metrics"}
    assert searched >= {"audit.jsonl", "door.json", "twin-drawings.json", "broker, stream 0"}


@pytest.mark.parametrize("form", PLANTS)
def test_a_face_that_is_planted_is_caught_by_the_judge(walk: Walk, form: str) -> None:
    plant = ALL[form](walk.face)
    [log] = [each for each in walk.evidence if Path(each.where).name == "agent.log"]
    planted = Exhibit("planted", log.content[:4099] + b' "' + plant + b'" ' + log.content[-500:])
    [caught] = walk.judge.judge([planted])
    assert caught.score >= SURE


def test_a_face_in_what_the_network_is_shown_is_caught(walk: Walk) -> None:
    """As float32, at the size and with the border of the network's input."""
    letterbox = letterbox_of(read_manifest().network(NETWORK))
    assert walk.judge.judge([Exhibit("tensor", letterboxed(letterbox(walk.face)))])


def test_a_face_alone_is_caught_whatever_its_size(walk: Walk) -> None:
    """Cut out of the picture: the judge knows no size, and no prints."""
    close = walk.face[0:150, 560:760]
    large = np.asarray(cv2.resize(close, None, fx=1.5, fy=1.5), np.uint8)
    for name, cut in (("as it was", close), ("enlarged", large)):
        assert walk.judge.judge([Exhibit(name, np.ascontiguousarray(cut).tobytes())]), name


def test_noise_is_no_face(walk: Walk) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (432, 768, 3), np.uint8)
    assert walk.judge.judge([Exhibit("noise", noise.tobytes())]) == []
    assert walk.judge.score(noise) == 0.0
    assert walk.judge.score(walk.pictures[0]) == 0.0

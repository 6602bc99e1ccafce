"""Pictures stay in memory: a whole run is searched for them, and so is the same run with plants.

The run is the real agent with a camera on a clip, the real broker and the real cloud. Searched are
all files, databases and logs of all processes, what they hold open elsewhere, everything said on
the wire both ways, and the metrics. What is encrypted there (a broker's store, sealed columns) is
made from what was searched before: the broker got it over the tapped wire, and nothing of a camera
is sealed.

All the while somebody has the set-up page open: pictures go to a browser on this box, and may be
nowhere else.
"""

from __future__ import annotations

import json
import re
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import paho.mqtt.client as paho
import psutil
import pytest
from numpy.typing import NDArray
from paho.mqtt.enums import CallbackAPIVersion

from agent.capture.footfall.counting.line import Direction, Line
from agent.tablet.setup.pin import PinFile
from models.wire.codec import Codec
from models.wire.topics import Stream
from tests.simulators.demo.stage import TENANT
from tests.simulators.image_hunt import (
    Exhibit,
    Hunter,
    PixelPrints,
    decoded,
    files_below,
    letterbox_of,
)
from tests.simulators.image_hunt.plants import ALL
from tests.simulators.red_coat_network import red_coats
from tests.simulators.required_server import required_nats_server
from tests.simulators.set_up_visitor import SetUpVisitor
from tests.simulators.tcp_tap import TcpTap, messages
from tests.simulators.walkers import SIZE, Film, crowd
from tests.simulators.watched_shop import PLAN, WatchedShop, watched_shop

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(180)]

Picture = NDArray[np.uint8]
Place = Callable[["Planting"], Iterable[Exhibit]]

MEDIA = {
    *(".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".raw", ".npy", ".npz"),
    *(".avi", ".mp4", ".mkv", ".mov", ".webm", ".ts", ".mjpeg", ".mjpg", ".h264", ".264", ".yuv"),
}
FILES_OF_A_BOX = re.compile(
    r"box/(?:agent\.(?:log|toml)"
    r"|(?:data/outbox|data/replica|data/books|keys/keyring)\.sqlite3(?:\.making)?"
    r"(?:-journal|-wal|-shm|\.lock)?"
    r"|data/\.?(?:alarms|cameras|status|time-floor|twin-desired|twin-drawings|twin-report"
    r"|clips/\.?door)"
    r"\.(?:json|draft)(?:\.part)?"
    r"|keys/(?:device-secret|\.?master\.key(?:\.\d+)?|\.?camera-setup-pin\.json(?:\.part)?))"
)
FORMS = ("jpeg", "png", "base64 of jpeg", "bgr")
PIN = "40718263"
SKETCH = {"line": [{"name": "side-door", "begin": [0.4, 0.0], "end": [0.4, 1.0]}], "trial": 1}
LINE = Line("door", SIZE[0] / 2, 0, SIZE[0] / 2, SIZE[1])


class GrainyFilm(Film):
    """A film whose pictures have a camera's noise, so that no two runs of pixels are alike."""

    def pictures(self) -> Iterator[Picture]:
        chance = np.random.default_rng(11)
        for picture in super().pictures():
            grain = chance.integers(-12, 13, picture.shape)
            yield np.clip(picture.astype(np.int16) + grain, 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Walk:
    """A finished run, and what it is searched with."""

    shop: WatchedShop
    hunter: Hunter
    picture: Picture
    expected: dict[str, int]
    visitor: SetUpVisitor
    agent_core_limit: tuple[int, int]


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    required_nats_server()
    elsewhere, folder = tmp_path_factory.mktemp("elsewhere"), tmp_path_factory.mktemp("run")
    plain = crowd(seed=5, people=4)
    film = GrainyFilm(plain.walks, seconds=plain.seconds)
    clip = film.record(elsewhere / "door.avi")
    pictures = decoded(clip)
    prints = PixelPrints.of(pictures, letterbox_of(red_coats(elsewhere).network))
    ways = [way for _, way in film.crossings(LINE)]
    expected = {"in": ways.count(Direction.IN), "out": ways.count(Direction.OUT)}
    agent = [sys.executable, "-m", "tests.simulators.camera_box", str(elsewhere)]
    with watched_shop(folder, clip, agent, sample_fps=0, speed=4.0) as shop:
        PinFile(folder / "box" / "keys" / "camera-setup-pin.json").keep(PIN)
        with SetUpVisitor(shop.tablet_url, "door", PIN, SKETCH) as visitor:
            shop.look_until_told()
            core = psutil.Process(shop.box.pid).rlimit(psutil.RLIMIT_CORE)
        shop.box.stop()
        yield Walk(shop, Hunter(prints), pictures[60], expected, visitor, core)


def test_a_run_that_counts_leaves_no_picture_anywhere(walk: Walk) -> None:
    assert walk.hunter.hunt(walk.shop.evidence()) == []


def test_all_the_while_pictures_were_served_to_who_set_the_camera_up(walk: Walk) -> None:
    """And each of them would have been found, wherever it lay."""
    assert walk.visitor.troubles == []
    assert len(walk.visitor.pictures) >= 5
    for number, picture in enumerate(walk.visitor.pictures):
        assert walk.hunter.hunt([Exhibit(f"still {number}", picture)])


def test_the_figures_of_the_open_page_hold_no_picture(walk: Walk) -> None:
    told = "\n".join(walk.visitor.told)
    assert told.count("data: {") >= 5
    assert '"people":[[' in told
    assert walk.hunter.hunt([Exhibit("live", told.encode())]) == []


def test_what_was_drawn_and_nothing_else_of_the_page_reached_the_cloud(walk: Walk) -> None:
    said = [each.payload for each in walk.shop.messages() if each.topic.endswith("/up/twin")]
    assert any(b'"proposal":{' in payload and b"side-door" in payload for payload in said)
    assert max(map(len, said)) < 2_000


def test_the_pin_is_nowhere(walk: Walk) -> None:
    told = [each.where for each in walk.shop.evidence() if PIN.encode() in each.content]
    assert told == []


def test_an_agent_that_has_passed_on_a_picture_leaves_no_core_dump(walk: Walk) -> None:
    assert walk.agent_core_limit == (0, 0)


def test_what_was_searched_is_a_run_that_counted(walk: Walk) -> None:
    """A search of nothing finds nothing: what was counted is in what was searched."""
    assert sum(walk.expected.values()) >= 3
    assert walk.shop.counted() == walk.expected
    searched = {Path(exhibit.where).name for exhibit in walk.shop.evidence()}
    assert searched >= {"agent.log", "cloud.log", "outbox.sqlite3", "cloud.sqlite3"}
    assert searched >= {"metrics", "names of files", "broker, stream 0", "health"}
    assert "cloud.sqlite3, table ledger_event" in searched


def test_the_box_writes_these_files_and_no_others(walk: Walk) -> None:
    """Whoever adds a kind of file to a box comes by here, and thinks of pictures.

    Nothing in a home or temporary folder: a library that keeps files there keeps them of us.
    """
    found = walk.shop.written_by_the_box
    assert "box/data/outbox.sqlite3" in found
    assert sorted(name for name in found if not FILES_OF_A_BOX.fullmatch(name)) == []


def test_no_file_is_called_like_a_picture_or_a_film(walk: Walk) -> None:
    names = [path for path in walk.shop.folder.rglob("*") if path.suffix.lower() in MEDIA]
    assert names == []
    assert [path for path in walk.shop.passing if path.suffix.lower() in MEDIA] == []


def test_the_watcher_leaves_no_core_dump(walk: Walk) -> None:
    assert walk.shop.core_limits == {(0, 0)}


@dataclass(frozen=True)
class Planting:
    """What to plant into a copy of the run, and an empty folder for the copy."""

    shop: WatchedShop
    plant: bytes
    folder: Path


def in_a_file(order: Planting) -> Iterable[Exhibit]:
    (order.folder / "clips").mkdir()
    (order.folder / "clips" / "door.json.tmp").write_bytes(order.plant)
    return files_below(order.folder)


def in_a_log(order: Planting) -> Iterable[Exhibit]:
    line = b'{"event": "seen", "said": "' + order.plant + b'", "level": "debug"}\n'
    (order.folder / "agent.log").write_bytes(order.shop.log.read_bytes() + line)
    return files_below(order.folder)


def in_the_outbox(order: Planting) -> Iterable[Exhibit]:
    return in_a_database(order, order.shop.folder / "box" / "data" / "outbox.sqlite3")


def in_the_cloud(order: Planting) -> Iterable[Exhibit]:
    return in_a_database(order, order.shop.folder / "cloud" / "data" / "cloud.sqlite3")


def in_a_database(order: Planting, database: Path) -> Iterable[Exhibit]:
    copy = order.folder / database.name
    with closing(sqlite3.connect(database)) as run, closing(sqlite3.connect(copy)) as db:
        run.backup(db)
        with db:
            db.execute("CREATE TABLE kept (body BLOB)")
            db.execute("INSERT INTO kept VALUES (?)", (order.plant,))
    return files_below(order.folder)


def in_the_metrics(order: Planting) -> Iterable[Exhibit]:
    [metrics, *_] = [exhibit for exhibit in order.shop.seen if exhibit.where == "metrics"]
    label = b'lianke_seen{what="' + order.plant + b'"} 1.0\n'
    return [Exhibit("metrics", metrics.content + label)]


def in_a_message(order: Planting) -> Iterable[Exhibit]:
    return on_the_wire(order.shop, order.plant)


def in_a_batch(order: Planting) -> Iterable[Exhibit]:
    event = {"id": "1", "data": {"thumbnail": order.plant.decode("latin-1")}}
    body = json.dumps(event).encode()
    return on_the_wire(order.shop, Codec().encode("epoch", Stream.FOOTFALL, 1, [body]))


def on_the_wire(shop: WatchedShop, payload: bytes) -> Iterable[Exhibit]:
    """Published to the run's own broker, as its agent would."""
    with TcpTap(("127.0.0.1", shop.cloud.ports.broker)) as tap:
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=PLAN.device)
        client.username_pw_set(PLAN.device, shop.secret)
        client.connect("127.0.0.1", tap.port)
        client.loop_start()
        place = f"lk1/{TENANT}/0/{PLAN.store}/{PLAN.device}/up/twin"
        client.publish(place, payload, qos=1).wait_for_publish(10)
        client.disconnect()
        client.loop_stop()
        return [Exhibit(message.topic, message.payload) for message in messages(tap.streams())]


PLACES = (
    in_a_file,
    in_a_log,
    in_the_outbox,
    in_the_cloud,
    in_the_metrics,
    in_a_message,
    in_a_batch,
)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("form", FORMS)
def test_the_control_plants_one_and_is_caught(
    walk: Walk, form: str, place: Place, tmp_path: Path
) -> None:
    assert walk.hunter.hunt(place(Planting(walk.shop, ALL[form](walk.picture), tmp_path)))


@pytest.mark.parametrize("place", PLACES)
def test_a_harmless_plant_in_the_same_place_is_no_picture(
    walk: Walk, place: Place, tmp_path: Path
) -> None:
    exhibits = list(place(Planting(walk.shop, b"harmless " * 500, tmp_path)))
    assert any(b"harmless" in exhibit.content for exhibit in exhibits) or place is in_a_batch
    assert walk.hunter.hunt(exhibits) == []

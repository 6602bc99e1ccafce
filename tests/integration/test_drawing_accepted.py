"""A line drawn at the device goes to head office and comes back: real agent, broker and cloud."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from agent.tablet.setup.pin import PinFile
from tests.simulators.console_visitor import ConsoleVisitor
from tests.simulators.processes import eventually
from tests.simulators.red_coat_network import red_coats
from tests.simulators.required_server import required_nats_server
from tests.simulators.set_up_visitor import SetUpVisitor
from tests.simulators.stored_footfall import stored_minutes
from tests.simulators.walkers import crowd
from tests.simulators.watched_shop import PLAN, WatchedShop, watched_shop

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(180)]

PIN = "40718263"
SKETCH: dict[str, Any] = {
    "line": [
        {"name": "door", "begin": [0.5, 0.0], "end": [0.5, 1.0]},
        {"name": "side-door", "begin": [0.3, 0.0], "end": [0.3, 1.0]},
    ],
    "zone": [{"name": "tills", "kind": "queue", "corners": [[0.6, 0], [1, 0], [1, 1], [0.6, 1]]}],
    "trial": 1,
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchedShop]:
    required_nats_server()
    elsewhere, folder = tmp_path_factory.mktemp("elsewhere"), tmp_path_factory.mktemp("run")
    clip = crowd(seed=5, people=90).record(elsewhere / "door.avi")
    red_coats(elsewhere)
    agent = [sys.executable, "-m", "tests.simulators.camera_box", str(elsewhere)]
    with watched_shop(folder, clip, agent, sample_fps=5, speed=1.0, recorded=False) as shop:
        PinFile(folder / "box" / "keys" / "camera-setup-pin.json").keep(PIN)
        assert eventually(lambda: b"camera_watching" in shop.log.read_bytes(), 60)
        yield shop


def test_a_line_is_drawn_tried_proposed_accepted_and_counted_on(shop: WatchedShop) -> None:
    with SetUpVisitor(shop.tablet_url, "door", PIN, SKETCH) as visitor:
        assert eventually(lambda: counts(visitor, "side-door") > 0, 40), visitor.told[-3:]
        assert eventually(lambda: heard(visitor, "standing", "Proposed"))
        accept(shop)
        assert eventually(lambda: heard(visitor, "standing", "Accepted")), shop.box.last_words()
        assert eventually(lambda: shop.log.read_text().count('"camera_watching"') == 2, 40)
        heard_so_far = len(visitor.told)
        assert eventually(lambda: figures_told(visitor, heard_so_far) >= 20), "it counts on both"
        assert visitor.troubles == []
    shop.box.stop()  # which stores what was watched of the minute
    assert shop.log.read_text().count('"camera_redrawn"') == 1
    minutes = stored_minutes(shop.folder / "box" / "data" / "outbox.sqlite3")
    told = [sorted(line.line for line in minute.lines) for minute in minutes if minute.observed_ms]
    assert told[0] == ["door"], "until it was accepted"
    assert told[-1] == ["door", "side-door"]
    assert [zone.zone for zone in minutes[-1].zones] == ["tills"]


def accept(shop: WatchedShop) -> None:
    """As somebody at head office does."""
    with ConsoleVisitor(shop.cloud.url) as office:
        office.sign_in("a long password")
        assert eventually(lambda: "side-door" in office.open("/console/drawings").text)
        [proposal] = set(re.findall(r'name="proposal" value="(\w+)"', office.page.text))
        answer = office.send(
            "/console/drawings/accept", device=PLAN.device, camera="door", proposal=proposal
        )
        assert answer.status_code == httpx.codes.OK
        assert "Nothing waits" in answer.text


def counts(visitor: SetUpVisitor, line: str) -> int:
    """How many went over the line on trial, both ways, as told last."""
    found = re.findall(rf'"{line}":\[(\d+),(\d+),\d+\]', "\n".join(visitor.told[-20:]))
    return sum(map(int, found[-1])) if found else 0


def figures_told(visitor: SetUpVisitor, since: int) -> int:
    """How often the stream told figures after that line of it."""
    return sum(line.startswith("data: {") for line in visitor.told[since:])


def heard(visitor: SetUpVisitor, event: str, text: str) -> bool:
    told = "\n".join(visitor.told)
    return f"event: {event}" in told and text in told

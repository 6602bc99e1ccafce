"""An audit of a real clip with the real network, kept: stored, told once, and borne by the counts.

All by the commands that an operator types; the clip's own page is used over HTTP.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from agent.capture.footfall.audit.standing import KeptAudit, holds_for
from agent.capture.footfall.counting.counter import RULE
from agent.config import read_config
from models.vision.manifest import read_manifest
from tests.simulators.auditors import audit_a_clip
from tests.simulators.clicked_clip import a_clicked_clip
from tests.simulators.clips_with_faces import LEAVES_AT_S, the_visitor_who_shows_her_face
from tests.simulators.processes import Program, answers, eventually, program
from tests.simulators.real_network import NETWORK, cache_with_the_real_network
from tests.simulators.required_server import required_nats_server
from tests.simulators.watched_shop import watched_shop

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(180)]

AGENT = [program("lianke-agent"), "run", "--config"]


def audited(clip: Path, marks: Path) -> Callable[[Path], None]:
    """What an operator does before the agent starts: watch the clip, mark, score, keep."""

    def audit(config: Path) -> None:
        with a_clicked_clip(clip, marks, ["door=384,0,384,432"]) as clicked:
            audit_a_clip(clicked.address, [(LEAVES_AT_S, "door", "out")], 140)
            clicked.ended()
        words = ["audit", "score", marks, "--clip", clip, "--keep", "door", "--config", config]
        said = subprocess.run([program("lianke-agent"), *map(str, words), "--json"],
                              capture_output=True, check=True).stdout  # fmt: skip
        total = json.loads(said)["total"]
        assert (total["seen"], total["told"], total["hits"]) == (1, 1, 1)

    return audit


def test_an_audit_of_a_clip_is_kept_told_once_and_borne_by_what_is_counted_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    required_nats_server()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    clip = the_visitor_who_shows_her_face(elsewhere)
    monkeypatch.setenv("LIANKE_MODELS", str(cache_with_the_real_network(elsewhere)))
    before = audited(clip, tmp_path / "marks.jsonl")
    with watched_shop(
        tmp_path / "run", clip, AGENT, sample_fps=5.0, speed=0.0, before=before
    ) as shop:
        shop.look_until_told()
        assert eventually(lambda: bool(shop.audits()))
        shop.box.stop()
        config = shop.folder / "box" / "agent.toml"
        kept = msgspec.json.decode(
            (shop.folder / "box" / "data" / "audits" / "door.json").read_bytes(), type=KeptAudit
        )
        [camera] = read_config(config).camera
        network = f"{NETWORK}@{read_manifest().network(NETWORK).sha256[:8]}"
        assert kept.holds_for == holds_for(camera, RULE, network)

        [told] = shop.audits()
        assert told == msgspec.to_builtins(kept.audited)
        assert (told["audit"], told["network"], told["total"]["hits"]) == (
            *(kept.audited.audit, network),
            1,
        )
        watched = [each for each in shop.footfall() if each["observed_ms"]]
        assert watched
        assert {each["audit"] for each in watched} == {kept.audited.audit}

        again = Program([*AGENT, str(config)], shop.folder / "box" / "again.log")
        try:
            again.wait_until(answers(f"{shop.tablet_url}/healthz"), "the box")
            heard = len(shop.messages())
            assert eventually(lambda: len(shop.messages()) >= heard + 6)
        finally:
            again.stop()
        assert len(shop.audits()) == 1

"""Ours beside mesopic 0.1.2, the best open counter of people that we know: right, and cheap?

    python -m tests.bench.peers.install
    python -m tests.bench footfall_peer

Of accuracy, the figure is ours and the other side's stands in ``against``; the ratio is ours over
theirs, of F1 above 1 and of WAPE below 1 where ours is better, and null where theirs is 0. The
lines that were held out (``tests/e2e/held_out.json``) stand apart, as ``held_out``. Of costs, the
ratio is the median of rounds in turns. Takes ten minutes or more; says what is missing and measures
nothing where the peer or the real clips are absent.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from functools import reduce
from operator import add
from pathlib import Path
from typing import Final

from agent.networks import InstalledNetwork
from models.vision.manifest import read_manifest
from tests.bench.peer_accuracy import Compared, Figure, compare, figure, figures
from tests.bench.peer_cost import Cost, Race, make_film, race
from tests.bench.peers.mesopic import FOLDER, Mesopic, installed
from tests.simulators.counted_by_eye import (
    HAND_COUNTED,
    HELD_OUT,
    counted_clips,
)
from tests.simulators.processes import ROOT

ROUNDS: Final = 3
CLIP: Final = "video/vtest.avi"
NETWORK: Final = "models/yolox_nano_416.onnx"
_RATES: Final = {1: "full", 2: "half"}
_COUNTED: Final = {"footfall_peer": HAND_COUNTED, "footfall_peer.held_out": HELD_OUT}


def measure() -> list[Figure]:
    """Accuracy line by line and in all, then costs at a camera's pace and as fast as it goes."""
    data = Path(os.environ.get("LIANKE_DATA") or ROOT.parent / "shared" / "data")
    if not installed():
        return _absent(f"{FOLDER} has no mesopic: python -m tests.bench.peers.install")
    if not (data / NETWORK).is_file():
        return _absent(f"{data / NETWORK} is absent; set LIANKE_DATA")
    network = InstalledNetwork(read_manifest().networks[0], data / NETWORK)
    with tempfile.TemporaryDirectory(prefix="lianke-peer-") as folder:
        peer = Mesopic(Path(folder), network.file.resolve())
        accuracy = [
            each
            for name, counted in _COUNTED.items()
            for each in _accuracy(
                name, compare(counted_clips(counted), data / "video", network, peer)
            )
        ]
        return accuracy + list(_costs(data, Path(folder), network, peer))


def _absent(what: str) -> list[Figure]:
    print(f"footfall_peer: {what}", file=sys.stderr)
    return []


def _accuracy(name: str, compared: list[Compared]) -> Iterator[Figure]:
    for every in sorted({each.every for each in compared}):
        rate = _RATES[every]
        of_rate = [each for each in compared if each.every == every]
        ours = reduce(add, (each.ours for each in of_rate))
        theirs = reduce(add, (each.theirs for each in of_rate))
        for each in (*of_rate, Compared("all", every, ours, theirs)):
            yield from figures(f"{name}.{rate}.{each.line}", each.ours, each.theirs)


def _costs(data: Path, folder: Path, network: InstalledNetwork, peer: Mesopic) -> Iterator[Figure]:
    film, codec = make_film(data / CLIP, folder)
    for pace, speed in (("live", 1.0), ("fast", 0.0)):
        raced = race(film, network, peer, speed=speed, rounds=ROUNDS)
        yield _cost(f"{pace}.{codec}.cpu", "s", raced, "cpu_s")
        yield _cost(f"{pace}.{codec}.resident", "MB", raced, "resident_mb")


def _cost(name: str, unit: str, raced: Race, attribute: str) -> Figure:
    def of(cost: Cost) -> float:
        return float(getattr(cost, attribute))

    ours, theirs = (sorted(map(of, side))[len(side) // 2] for side in (raced.ours, raced.theirs))
    return figure(f"footfall_peer.{name}", ours, theirs, unit) | {
        "ratio": round(raced.ratio(of), 3)
    }


if __name__ == "__main__":
    for each in measure():
        print(json.dumps(each))

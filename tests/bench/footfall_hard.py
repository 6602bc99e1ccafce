"""Footfall on pictures that were made harder: how far do its figures hold?

    python -m tests.bench footfall_hard

Every line over the two reference clips that was counted by eye, sure crossings only, after one
hardship at a time (``tests/simulators/hard_pictures.py``), summed; at all ten pictures a second,
and at five (both halves). Ours is the same at every run. Beside mesopic at ten where it is
installed (``make peers``). Takes twenty minutes; measures nothing where the clips are absent.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add
from pathlib import Path
from typing import Final

from agent.capture.footfall.audit.marks import Told
from agent.networks import InstalledNetwork
from models.vision.manifest import read_manifest
from tests.bench.peer_accuracy import (
    Figure,
    Watched,
    figures,
    told_by_mesopic,
    told_by_us,
    watch,
)
from tests.bench.peers.mesopic import Mesopic, installed
from tests.simulators.counted_by_eye import Errors, all_counted, errors_at
from tests.simulators.hard_pictures import HARDSHIPS, Hardship
from tests.simulators.processes import ROOT

NETWORK: Final = "yolox-nano-416"
FILE: Final = "models/yolox_nano_416.onnx"
_RATES: Final = {1: "full", 2: "half"}


def measure() -> list[Figure]:
    """Three figures a hardship and rate."""
    return list(measured(HARDSHIPS))


def measured(hardships: Sequence[Hardship]) -> Iterator[Figure]:
    """As soon as each is known."""
    data = Path(os.environ.get("LIANKE_DATA") or ROOT.parent / "shared" / "data")
    if not (data / FILE).is_file():
        print(f"footfall_hard: {data / FILE} is absent; set LIANKE_DATA", file=sys.stderr)
        return
    network = InstalledNetwork(read_manifest().network(NETWORK), data / FILE)
    with tempfile.TemporaryDirectory(prefix="lianke-hard-") as folder:
        peer = Mesopic(Path(folder), network.file.resolve()) if installed() else None
        for hardship in hardships:
            films = list(_films(hardship, data / "video", Path(folder), network))
            for every, rate in _RATES.items():
                ours = reduce(add, (_ours(film, every) for film in films))
                beside = peer if every == 1 else None
                theirs = reduce(add, (_theirs(film, beside) for film in films)) if beside else None
                yield from figures(f"footfall_hard.{hardship.name}.{rate}", ours, theirs)


def _films(
    hardship: Hardship, clips: Path, folder: Path, network: InstalledNetwork
) -> Iterator[Watched]:
    for name, audit in all_counted().items():
        film = folder / f"{Path(name).stem}.avi"
        hardship.write(clips / name, film)
        yield watch(film, hardship.carried(audit, clips / name), network)


def _ours(film: Watched, every: int) -> Errors:
    return _errors(film, [told_by_us(film, every, phase) for phase in range(every)])


def _theirs(film: Watched, peer: Mesopic) -> Errors:
    return _errors(film, [told_by_mesopic(film, peer, 1, 0)])


def _errors(film: Watched, phases: Sequence[Sequence[Told]]) -> Errors:
    return reduce(add, (errors_at(film.audit, line, phases) for line in film.audit.names))


if __name__ == "__main__":
    wanted = [each for each in HARDSHIPS if not sys.argv[1:] or each.name in sys.argv[1:]]
    for each in measured(wanted):
        print(json.dumps(each), flush=True)

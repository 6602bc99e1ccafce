"""Reading printers' bytes against a bare Python loop over the same bytes.

    python -m tests.bench.bench_escpos

``pos.escpos`` is bytes a second from chunks to receipts with their lines, over real dumps: a
receipt with a logo, one in Chinese, six fragments of vendors, each a document of its own. Its ratio
is the time of a loop that takes every byte and asks whether it is a control character, the least
that any byte-wise parser does, divided by ours. Two more figures are the same over text alone, of a
till without a logo: ``pos.escpos.text`` over a hundred receipts of five lines, where most of the
time goes to beginning and ending a receipt (a digest, its settings, its record), and
``pos.escpos.text.long`` over receipts of forty articles, where it goes to lines.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from agent.capture.pos.escpos import Ending, PaperRoll
from tests.bench.racing import race
from tests.simulators.printers import printer
from tests.simulators.printing_till import receipt

ROOT = Path(__file__).parents[2]
ROUNDS: Final = 41
PASSES: Final = 20
ARTICLES: Final = 40

Figure = dict[str, Any]


def measure() -> list[Figure]:
    """All figures; the first needs the project's data folder and is left out without it."""
    real = _real_dumps()
    text = [b"".join(receipt(number) for number in range(100))]
    long = [b"".join(receipt(number, articles=ARTICLES) for number in range(10))]
    return [
        *([_figure("pos.escpos", real, "chinese")] if real else []),
        _figure("pos.escpos.text", text, "epson"),
        _figure("pos.escpos.text.long", long, "epson"),
    ]


def _figure(name: str, dumps: Sequence[bytes], profile: str) -> Figure:
    kind = printer(profile)

    def ours() -> None:
        for _ in range(PASSES):
            for dump in dumps:
                roll = PaperRoll(kind)
                roll.feed(dump)
                roll.tear(Ending.CLOSED)

    def bare() -> None:
        for _ in range(PASSES):
            _bare(dumps)

    rounds = [race(ours, bare, theirs_first=bool(number % 2)) for number in range(ROUNDS)]
    ours_s, bare_s = (min(side) for side in zip(*rounds, strict=True))
    return {
        "name": name,
        "value": round(PASSES * sum(map(len, dumps)) / ours_s / 1e6, 2),
        "unit": "MB/s",
        "ratio": round(bare_s / ours_s, 3),
        "against": "a Python loop that asks of every byte whether it is a control character",
    }


def _bare(dumps: Sequence[bytes]) -> int:
    controls = 0
    for dump in dumps:
        for byte in dump:
            if byte < 0x20:
                controls += 1
    return controls


def _real_dumps() -> list[bytes]:
    folder = Path(os.environ.get("LIANKE_DATA") or ROOT.parent / "shared" / "data") / "escpos"
    return [path.read_bytes() for path in sorted(folder.rglob("*.bin"))]


if __name__ == "__main__":
    for figure in measure():
        print(json.dumps(figure))

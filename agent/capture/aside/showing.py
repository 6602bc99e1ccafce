"""``lianke-agent quarantine show --diff``: what was written beside what was read, on the device.

Nothing is masked here but card data: who stands at the till may see what its till wrote.
"""

from __future__ import annotations

import json
from typing import Final, TextIO

from agent.capture.aside.narrating import Narration, Piece
from agent.capture.pos.sensitive import without_cards
from agent.capture.quarantine import Kept

_WIDTH: Final = 58


def write_beside(kept: Kept, narration: Narration, stdout: TextIO) -> None:
    """A table: left what the till wrote, right what was read from it; the fault in its place."""
    stdout.write(f"{kept.file}, {kept.size} bytes: {kept.reason}\n")
    for piece in narration.pieces:
        stdout.write(f"{_text(piece)[:_WIDTH]:<{_WIDTH}}  {_read(piece) or '-'}\n")
        if piece.fault:
            stdout.write(f"{'':>{_WIDTH}}  ^ {piece.fault}\n")
    if not narration.fault:
        stdout.write("today's profile can read it: lianke-agent quarantine retry\n")


def beside_in_json(kept: Kept, narration: Narration) -> str:
    """The same for programs, nothing cut off."""
    pieces = [
        {"raw": _text(piece), "read": _read(piece), "fault": piece.fault}
        for piece in narration.pieces
    ]
    told = {
        "name": kept.name,
        "since": kept.at.isoformat(),
        "source": kept.source,
        "file": kept.file,
        "record": kept.record,
        "key": kept.key,
        "reason": kept.reason,
        "fault_today": narration.fault,
        "pieces": pieces,
    }
    return json.dumps(told, ensure_ascii=False)


def _text(piece: Piece) -> str:
    return without_cards(piece.raw.text.replace("\n", " "))


def _read(piece: Piece) -> str:
    return without_cards("; ".join(f"{name} = {text}" for name, text in piece.read))

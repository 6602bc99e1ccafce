"""The recorder's desk for one connection: which bytes belong to which receipt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct

from agent.capture.pos.escpos.printed import Ending, ReceiptPrint, Settings
from agent.capture.pos.escpos.roll import PaperRoll

NewRoll = Callable[[Settings | None], PaperRoll]
"""A fresh roll for a printer that was told these settings before."""

_HELD_BYTES: Final = 64 * 1024


class Part(Struct, frozen=True):
    """Bytes of one receipt, and whether it ends with them.

    Attributes:
        settings: what the printer had been told where this receipt begins.
        ending: None while more may come.
        receipt: what was read, where the receipt is over and could be read.
    """

    data: bytes
    settings: Settings
    ending: Ending | None = None
    receipt: ReceiptPrint | None = None

    def __repr__(self) -> str:
        """Without the content."""
        return f"Part({len(self.data)} bytes, {self.ending})"


class Desk:
    """Parts one connection's bytes into receipts. Used by one thread.

    White paper is held back: what shows nothing (settings, a drawer's pulse) becomes part of the
    next receipt, or of none.

    Attributes:
        joined: the next receipt's beginning is lost.
    """

    def __init__(self, number: int, new_roll: NewRoll) -> None:
        self.number = number
        self.joined = False
        self._new_roll = new_roll
        roll = new_roll(None)
        self._settings = roll.began_with
        self._roll: PaperRoll | None = roll
        self._held = b""

    def parts(self, data: bytes) -> Iterator[Part]:
        """The next bytes. Whatever the parser raises is raised here, until ``give_up``."""
        if self._roll is None:
            yield Part(data, self._settings)
            return
        roll, position = self._roll, 0
        fed = roll.fed
        for receipt in roll.feed(data):
            stop = receipt.end - fed
            whole = self._take_held() + data[position:stop]
            yield Part(whole, receipt.began_with, receipt.ended, receipt)
            position = stop
        self._settings = roll.began_with
        rest = self._take_held() + data[position:]
        if roll.blank and len(rest) < _HELD_BYTES:
            self._held = rest
        elif rest:
            yield Part(rest, self._settings)

    def give_up(self) -> None:
        """The parser failed: bytes are kept unparted until the connection pauses or ends."""
        self._roll = None

    def end(self, ending: Ending) -> Part:
        """Nothing more belongs to the receipt under way; what showed nothing is let go."""
        receipt = None if self._roll is None else self._roll.tear(ending)
        part = Part(b"", self._settings, ending, receipt)
        self._held = b""
        if self._roll is None:
            self._roll = self._new_roll(self._settings)
        self._settings = self._roll.began_with
        return part

    def _take_held(self) -> bytes:
        held, self._held = self._held, b""
        return held

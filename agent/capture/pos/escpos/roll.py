"""The roll of paper: printed things gathered into receipts.

    roll = PaperRoll(profile)
    receipts = roll.feed(chunk)                 # those that these bytes complete
    receipt = roll.tear(Ending.CLOSED)          # the rest, when nothing more comes

A receipt ends behind a cut, behind an initialisation (where the profile says so, and there is more
on it than a picture), at a pause or at the end of the connection; the last two are the caller's to
say. Nothing that was not printed on makes a receipt: a drawer's pulse behind the cut belongs to the
next one. Every byte belongs to exactly one receipt, or to the blank paper behind the last.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from msgspec.structs import replace

from agent.capture.pos.escpos.decoding import UNDEFINED
from agent.capture.pos.escpos.page import Page
from agent.capture.pos.escpos.parser import Parser
from agent.capture.pos.escpos.printed import (
    Cut,
    Ending,
    Initialised,
    Line,
    Piece,
    ReceiptPrint,
    Settings,
)
from agent.capture.pos.escpos.profile import PrinterProfile

_LONG: Final = 64 * 1024
"""Bytes from which on a receipt's size is watched."""


class PaperRoll:
    """One stream of one printer. Settings of the printer outlive a receipt, as they do there."""

    def __init__(self, profile: PrinterProfile, settings: Settings | None = None) -> None:
        """``settings``: what the printer was told before the stream begins."""
        self._profile = profile
        self._parser = Parser(profile, settings)
        self._began_with = self._parser.settings
        self._page = Page(profile.column_dots)
        self._digest = sha256()
        self._fed = 0
        self._begin = 0

    @property
    def blank(self) -> bool:
        """Whether nothing was printed, or begun, since the last receipt."""
        return self._page.blank and not self._parser.pending

    @property
    def fed(self) -> int:
        """Bytes that came so far."""
        return self._fed

    @property
    def began_with(self) -> Settings:
        """What the printer had been told where the receipt under way begins."""
        return self._began_with

    def feed(self, chunk: bytes) -> list[ReceiptPrint]:
        """The receipts that these bytes complete, in order."""
        receipts: list[ReceiptPrint] = []
        hashed, page = 0, self._page
        for thing in self._parser.feed(chunk):
            if type(thing) is Line or type(thing) is Piece:  # they are most of what comes
                page.write(thing)
            elif isinstance(thing, (Cut, Initialised)):
                ending = self._ending(thing)
                if ending is not None:
                    end = thing.at - self._fed
                    self._digest.update(chunk[hashed:end])
                    hashed = end
                    receipts.append(self._finish(thing.at, thing.settings, ending))
                    page = self._page
            else:
                page.put(thing)
        self._digest.update(chunk[hashed:])
        self._fed += len(chunk)
        if self._fed - self._begin > _LONG:
            page.keep_in_bounds()
        return receipts

    def tear(self, ending: Ending) -> ReceiptPrint | None:
        """What was printed since the last receipt; None where that is nothing."""
        for thing in self._parser.tear():
            if isinstance(thing, (Line, Piece)):
                self._page.write(thing)
            else:
                self._page.put(thing)
        if self._page.blank:
            self._begin_anew(self._fed, self._parser.settings)
            return None
        return self._finish(self._fed, self._parser.settings, ending)

    def _ending(self, thing: Cut | Initialised) -> Ending | None:
        """Whether a receipt ends here; drivers initialise between a logo and its receipt, too."""
        if isinstance(thing, Cut):
            return None if self._page.blank else Ending.CUT
        ends = self._profile.initialise_ends and self._page.written
        return Ending.INITIALISED if ends else None

    def _finish(self, end: int, after: Settings, ending: Ending) -> ReceiptPrint:
        page, begin = self._page, self._begin
        lines = page.whole_lines()
        receipt = ReceiptPrint(
            begin=begin,
            end=end,
            sha256=self._digest.hexdigest(),
            began_with=self._began_with,
            ended=ending,
            lines=lines,
            codes=tuple(page.codes),
            pictures=page.pictures,
            picture_bytes=page.picture_bytes,
            pulses=page.pulses,
            status_requests=page.status_requests,
            undefined="".join([line.text for line in lines]).count(UNDEFINED),
            oddities=tuple([replace(odd, at=odd.at - begin) for odd in page.oddities.values()]),
            torn=page.torn,
            clipped=page.clipped,
        )
        self._begin_anew(end, after)
        return receipt

    def _begin_anew(self, begin: int, settings: Settings) -> None:
        self._page = Page(self._profile.column_dots, self._page.stops)
        self._digest = sha256()
        self._begin, self._began_with = begin, settings

"""What was printed, through a tap or into a folder."""

from __future__ import annotations

from io import BytesIO
from typing import Final

from agent.capture.aside.formats import print_pieces
from agent.capture.aside.rereader import Rereader
from agent.capture.aside.rereaders.asking import Asked
from agent.capture.pos.escpos import PrintFileReader, load_printer
from agent.capture.pos.escpos.reading import printer_named
from agent.capture.pos.family import Adapter, load_named
from agent.capture.pos.receipts import ReceiptProfile, TillReceipts
from agent.config import PrinterTapSettings, PrintsSettings
from agent.errors import BadConfiguration

_SLIP_BYTES: Final = 8192
"""Enough for the first line of a print, which says whose it is."""


def rereader(asked: Asked) -> Rereader:
    """By the printer and the profile of the tap or folder; raises BadConfiguration."""
    settings = _settings(asked)
    printer = load_printer(asked.configs / "printers", settings.printer)
    profile = load_named(asked.profiles, settings.profile, ReceiptProfile, Adapter.RECEIPTS)
    return Rereader(
        profile,
        lambda context: PrintFileReader(settings.name, printer, TillReceipts(profile, context)),
        print_pieces(printer),
    )


def source_told(head: bytes) -> str:
    """The tap or folder that a print itself names; empty where it names none."""
    return printer_named(BytesIO(head[:_SLIP_BYTES]))


def _settings(asked: Asked) -> PrintsSettings | PrinterTapSettings:
    name = source_told(asked.head) or asked.source
    printers: dict[str, PrintsSettings | PrinterTapSettings] = {}
    printers |= {each.name: each for each in asked.config.prints}
    printers |= {each.name: each for each in asked.config.tap}
    if name not in printers and (name or len(printers) != 1):
        raise BadConfiguration(
            f"{asked.file}: no [[tap]] or [[prints]] is named {name!r}; add one, then retry"
        )
    return printers[name] if name in printers else next(iter(printers.values()))

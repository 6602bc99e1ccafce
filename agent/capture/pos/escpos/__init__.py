"""Receipt printers: their bytes become text, codes, pictures and cuts.

``Parser`` reads bytes in any pieces, ``PaperRoll`` gathers what it finds into receipts, and a
``PrinterProfile`` says which tables a printer has. What a receipt means is read elsewhere.
"""

from agent.capture.pos.escpos.parser import Parser
from agent.capture.pos.escpos.printed import (
    Code,
    CodeKind,
    Ending,
    Justify,
    Line,
    Oddity,
    ReceiptPrint,
    Style,
)
from agent.capture.pos.escpos.profile import PrinterProfile, load_printer
from agent.capture.pos.escpos.reading import Occasion, PrintFileReader, ReceiptReader
from agent.capture.pos.escpos.roll import PaperRoll

__all__ = [
    "Code",
    "CodeKind",
    "Ending",
    "Justify",
    "Line",
    "Occasion",
    "Oddity",
    "PaperRoll",
    "Parser",
    "PrintFileReader",
    "PrinterProfile",
    "ReceiptPrint",
    "ReceiptReader",
    "Style",
    "load_printer",
]

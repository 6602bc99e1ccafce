"""The printer profiles that are shipped."""

from __future__ import annotations

from pathlib import Path

from agent.capture.pos.escpos import PrinterProfile, load_printer

PRINTERS = Path(__file__).parents[2] / "device_configs" / "printers"


def printer(name: str) -> PrinterProfile:
    """A shipped profile; raises BadConfiguration."""
    return load_printer(PRINTERS, name)

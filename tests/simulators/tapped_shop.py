"""A printer with a tap in front of it, and what the tap has written down."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Self

from agent.capture.pos.escpos import Ending, PaperRoll, PrinterProfile, ReceiptPrint
from agent.capture.pos.tap import ReceiptTap, Sheet, SheetFolder, TapSettings, TapStatus
from models.runtime.clock import SystemClock
from models.vault.blob import BlobSealer
from models.vault.master import MasterKey
from tests.simulators.network_printer import NetworkPrinter
from tests.simulators.processes import eventually, free_port

SEALER = BlobSealer(MasterKey(b"k" * 32), "prints")


class TappedShop:
    """Everything on loopback and in one folder. A context manager."""

    def __init__(
        self,
        root: Path,
        *,
        printer: NetworkPrinter | None = None,
        pause_s: float = 30.0,
        buffer_bytes: int = 1 << 20,
        most_connections: int = 64,
    ) -> None:
        self.printer = printer or NetworkPrinter()
        self.folder = SheetFolder(root / "prints", SEALER)
        self.folder.prepare()
        self.tap = ReceiptTap(
            TapSettings(
                printer_host="127.0.0.1",
                printer_port=self.printer.port,
                host="127.0.0.1",
                port=free_port(),
                pause_s=pause_s,
                buffer_bytes=buffer_bytes,
                most_connections=most_connections,
                probe_s=0.1,
            ),
            self.folder,
            profile=PrinterProfile(),
            clock=SystemClock(),
            random=lambda: 0.1,
            random_bytes=os.urandom,
        )
        self.tap.start()

    @property
    def port(self) -> int:
        """Where tills connect to."""
        return self.tap.port

    @property
    def status(self) -> TapStatus:
        return self.tap.status

    def sheets(self) -> list[Sheet]:
        """What waits to be read, oldest first."""
        return [
            self.folder.read(path.read_bytes(), path.name)
            for path in sorted(self.folder.waiting.iterdir())
        ]

    def receipts(self) -> list[ReceiptPrint]:
        """The same, read."""
        rolls = [
            (PaperRoll(PrinterProfile(), sheet.heading.settings), sheet) for sheet in self.sheets()
        ]
        return [
            receipt
            for roll, sheet in rolls
            for receipt in (*roll.feed(sheet.raw), roll.tear(Ending.CLOSED))
            if receipt is not None
        ]

    def printed(self, job: int = 0) -> bytes:
        """What the printer was given over its nth connection."""
        return bytes(self.printer.jobs[job].data)

    def soon(self, question: Callable[[], bool]) -> bool:
        """Whether something comes true within seconds."""
        return eventually(question)

    def close(self) -> None:
        """End the tap, then the printer."""
        self.tap.stop(grace_s=0.2)
        self.printer.vanish()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

"""A tap in a process of its own: ``python -m tests.simulators.tap_program FOLDER PRINTER_PORT``.

Prints its port, then stands in front of the printer until it is killed.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from agent.capture.pos.escpos import PrinterProfile
from agent.capture.pos.tap import ReceiptTap, SheetFolder, TapSettings
from models.runtime.clock import SystemClock
from models.runtime.logs import configure
from models.vault.blob import BlobSealer
from models.vault.master import MasterKey


def main(root: Path, printer_port: int) -> None:
    """Run for ever."""
    configure("ERROR")
    folder = SheetFolder(root / "prints", BlobSealer(MasterKey(b"k" * 32), "prints"))
    folder.prepare()
    tap = ReceiptTap(
        TapSettings("127.0.0.1", printer_port, host="127.0.0.1", port=0),
        folder,
        profile=PrinterProfile(),
        clock=SystemClock(),
        random=lambda: 0.5,
        random_bytes=os.urandom,
    )
    tap.start()
    print(tap.port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

"""Folders with printers' bytes: what a print queue drops, and what the taps have written down."""

from __future__ import annotations

from pathlib import Path

from agent.capture.pos.escpos import PrintFileReader, load_printer
from agent.capture.pos.family import Adapter, load_named
from agent.capture.pos.kinds import PRINTER_FILES, FileKind
from agent.capture.pos.processing import FileReader
from agent.capture.pos.receipts import ReceiptProfile, TillReceipts
from agent.capture.pos.spool import Spool, SpoolSettings
from agent.capture.sources.source import Surroundings
from agent.config import PrintsSettings
from agent.health.status.tills import SourceKind, SourceStatus


class FolderSource:
    """Serves one folder; see ``Source``."""

    kind = SourceKind.PRINTS

    def __init__(
        self,
        name: str,
        folder: Path,
        reader: FileReader,
        around: Surroundings,
        *,
        files: FileKind,
        settings: SpoolSettings,
    ) -> None:
        """``files`` is what stands in the folder, and ``reader`` reads it."""
        self.name = name
        self._spool = Spool(
            folder,
            around.context.device.device,
            reader=reader,
            sink=around.sink,
            keeping=around.new_keeping().serving(name),
            clock=around.clock,
            settings=settings,
            kind=files,
        )

    def start(self) -> None:
        """Serve it; a folder that is not there is waited for."""
        self._spool.start()

    def stop(self) -> None:
        """Finish the file under way."""
        self._spool.stop()

    def status(self) -> SourceStatus:
        """What was taken, and what holds it up."""
        spool = self._spool.status
        return SourceStatus(
            name=self.name,
            kind=self.kind,
            blocked=spool.blocked,
            out_of_room=spool.out_of_room,
            present=spool.folder_present,
            at_ease=spool.at_ease,
            prints=spool.captured_files,
            sales=spool.captured_sales,
            set_aside=spool.quarantined,
            waiting=spool.waiting,
            last_at=spool.last_file_at,
        )


def folder_of_prints(settings: PrintsSettings, around: Surroundings) -> FolderSource:
    """The folder of a print queue; raises BadConfiguration for its profiles."""
    printer = load_printer(around.printers, settings.printer)
    return FolderSource(
        settings.name,
        settings.folder,
        PrintFileReader(settings.name, printer, till_receipts(settings.profile, around)),
        around,
        files=PRINTER_FILES,
        settings=SpoolSettings(
            rescan_s=settings.rescan_s,
            settle_s=settings.settle_s,
            max_file_bytes=settings.max_file_bytes,
        ),
    )


def till_receipts(profile: str, around: Surroundings) -> TillReceipts:
    """Who makes sales of a till's receipts; raises BadConfiguration for its profile."""
    loaded = load_named(around.till_profiles, profile, ReceiptProfile, Adapter.RECEIPTS)
    return TillReceipts(loaded, around.context)

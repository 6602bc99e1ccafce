"""A receipt tap of the configuration, and the reading of what all taps of a box write down.

All taps share one folder of sealed receipts, and each receipt says whose it is. So one reader
serves them all, and what a tap wrote that is no longer configured goes to quarantine with its name
instead of lying unseen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import BinaryIO

from agent.capture.pos.escpos import PrinterProfile, PrintFileReader, load_printer
from agent.capture.pos.escpos.reading import printer_named
from agent.capture.pos.malformed import BrokenOff
from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CapturedSale
from agent.capture.pos.tap import ReceiptTap, SheetFolder, TapSettings
from agent.capture.sources.source import Surroundings
from agent.config import PrinterTapSettings
from agent.health.status.tills import SourceKind, SourceStatus


class TapSource:
    """Stands in front of one printer; see ``Source``."""

    kind = SourceKind.TAP

    def __init__(
        self, settings: PrinterTapSettings, folder: SheetFolder, around: Surroundings
    ) -> None:
        """``folder`` takes its receipts.

        Raises:
            BadConfiguration: there is no such printer profile.
        """
        self.name = settings.name
        self.profile: PrinterProfile = load_printer(around.printers, settings.printer)
        self._tap = ReceiptTap(
            _of_tap(settings),
            folder,
            profile=self.profile,
            clock=around.clock,
            random=around.random,
            random_bytes=around.random_bytes,
        )

    @property
    def port(self) -> int:
        """Where tills connect to, once it was started."""
        return self._tap.port

    def start(self) -> None:
        """Listen; raises BadConfiguration where another program does, or the address is away."""
        self._tap.start()

    def stop(self) -> None:
        """Let tills finish what they print."""
        self._tap.stop()

    def status(self) -> SourceStatus:
        """What was printed and written down, and how the printer is."""
        tap = self._tap.status
        return SourceStatus(
            name=self.name,
            kind=self.kind,
            blocked=tap.blocked,
            out_of_room=tap.out_of_room,
            prints=tap.prints,
            broken_prints=tap.broken_prints,
            lost_bytes=tap.lost_bytes,
            failures=tap.failures,
            reachable=tap.reachable,
            unreachable_why=tap.unreachable_why,
            last_at=tap.last_print_at,
        )


class ReaderOfTaps:
    """A ``FileReader`` that gives each receipt to the reader of the tap that wrote it down."""

    def __init__(self, readers: Mapping[str, PrintFileReader]) -> None:
        """``readers``: by the name of the tap; at least one."""
        self._readers = readers

    def read(
        self, source: BinaryIO, file_name: str, raw_sha256: str
    ) -> Iterator[CapturedSale | Refused]:
        """The sales of a file; see ``PrintFileReader.read``.

        Raises:
            BrokenOff: as there, or no tap of that name is configured.
        """
        name = printer_named(source)
        # What names no tap is no receipt of ours, and any reader refuses it with the reason.
        reader = self._readers.get(name) if name else next(iter(self._readers.values()))
        if reader is None:
            raise BrokenOff(
                f"{file_name}: written down by tap {name!r}, which is configured no more; add a "
                "[[tap]] of that name, then lianke-agent quarantine retry"
            )
        yield from reader.read(source, file_name, raw_sha256)


def _of_tap(settings: PrinterTapSettings) -> TapSettings:
    """The same in the words of the tap, key by key."""
    shared = {each.name: getattr(settings, each.name) for each in fields(TapSettings)}
    return TapSettings(**shared)

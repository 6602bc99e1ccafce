"""What a till writes or prints: ``[till]``, ``[[journal]]``, ``[[tap]]`` and ``[[prints]]``.

What can be wrong with their settings is found here, at start, in one sentence; what only the shop
can tell (whether a port is free, a folder is there, a printer answers) is found by who serves them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.config.bounds import (
    check_above_zero,
    check_address,
    check_name,
    check_port,
    first_twice,
)
from agent.config.web import WebSettings

TAPS: Final = "taps"
"""What the reading of all taps' receipts is called in the status; no source may be."""


@dataclass(frozen=True, slots=True)
class TillSettings:
    """The folder that the till writes its transactions to.

    Attributes:
        folder: watched for ``*.xml``; absent where this box has no till.
        profile: a file in device_configs/till_profiles, without ``.toml``.
        rescan_s: a full look at the folder, for network shares that tell nothing.
        settle_s: a half-written file is quarantined when it has not changed for so long.
        max_file_bytes: larger files are left in the folder, with a warning.
        archive_days: processed files are kept sealed for so long; printed receipts, too.
        quarantine_days: what cannot be read is kept sealed for so long, whatever source it is of.
    """

    folder: Path | None = None
    profile: str = "arts-poslog"
    rescan_s: float = 5.0
    settle_s: float = 2.0
    max_file_bytes: int = 2 * 1024 * 1024 * 1024
    archive_days: int = 30
    quarantine_days: int = 90


@dataclass(frozen=True, slots=True)
class JournalSettings:
    """A journal that a till appends to: an electronic journal, a flow file, receipts as text.

    Attributes:
        name: of the journal, unique among all sources of this box. The place up to which it was
            read is kept under it, so a new name reads the journal anew; nothing counts twice.
        file: the file that the till writes to; with a wildcard (``EJ*.txt``) where it begins one
            a day.
        profile: a file in device_configs/till_profiles, without ``.toml``, whose adapter is
            journal or receipts.
        rotated: names of rotated files beside it, with wildcards; when empty, ``journal.1``,
            ``journal-20261122.csv`` and the like.
        from_oldest: begin with the oldest rotated file at the first start, not with the live one.
        poll_s: how often it is looked at though nothing rang: how late a sale may be on a network
            share. On a disk of this box every write of the till is seen at once.
        most_in_a_row: so many records set aside without a sale between them mean a wrong profile:
            reading stops and says so.
    """

    name: str
    file: Path
    profile: str
    rotated: tuple[str, ...] = ()
    from_oldest: bool = False
    poll_s: float = 0.5
    most_in_a_row: int = 200

    def __post_init__(self) -> None:
        """What cannot work is refused at start."""
        check_name("journal", self.name)
        check_above_zero(f"journal {self.name}", self, "poll_s", "most_in_a_row")


@dataclass(frozen=True, slots=True)
class PrinterTapSettings:
    """A receipt tap: tills print to this box, and it prints to their printer.

    Attributes:
        name: what the printer is called in status, logs and receipts; unique among all sources of
            this box.
        printer_host: the printer's address. A name would make every print wait for a name server.
        profile: a file in device_configs/till_profiles, without ``.toml``, whose adapter is
            receipts.
        printer: a file in device_configs/printers, without ``.toml``.
        printer_port: 9100 on nearly all network printers.
        host: address to listen on; the tills' settings are pointed at it.
        port: to listen on; taps on one address need one each.
        connect_s: for how long a printer may not answer before the till is told.
        probe_s: how often a printer that could not be reached is tried again; until it answers,
            tills are refused as the printer would refuse them.
        pause_s: so long without a byte ends a receipt, on connections that stay open.
        buffer_bytes: what may wait to be written down; beyond it a receipt has a gap.
        most_connections: connections at once; further tills wait.
    """

    name: str
    printer_host: str
    profile: str
    printer: str = "epson"
    printer_port: int = 9100
    host: str = "0.0.0.0"
    port: int = 9100
    connect_s: float = 10.0
    probe_s: float = 1.0
    pause_s: float = 3.0
    buffer_bytes: int = 8 * 1024 * 1024
    most_connections: int = 64

    def __post_init__(self) -> None:
        """What cannot work is refused at start."""
        check_name("tap", self.name)
        what = f"tap {self.name}"
        check_address(what, self, "printer_host")
        check_address(what, self, "host")
        check_port(what, self, "printer_port", lowest=1)
        check_port(what, self, "port")
        waits = ("connect_s", "probe_s", "pause_s", "buffer_bytes", "most_connections")
        check_above_zero(what, self, *waits)
        if (self.printer_host, self.printer_port) == (self.host, self.port):
            raise ValueError(
                f"{what}: printer_host and printer_port are the tap itself; name the "
                "printer's own address"
            )


@dataclass(frozen=True, slots=True)
class PrintsSettings:
    """A folder into which a print queue drops a copy of every job, for USB and serial printers.

    Attributes:
        name: of the printer, unique among all sources of this box.
        folder: watched for ``*.prn``, ``*.bin`` and ``*.escpos``.
        profile: a file in device_configs/till_profiles, without ``.toml``, whose adapter is
            receipts.
        printer: a file in device_configs/printers, without ``.toml``.
        rescan_s: a full look at the folder, for network shares that tell nothing.
        settle_s: a file is taken once it has not changed for so long.
        max_file_bytes: larger files are left in the folder, with a warning.
    """

    name: str
    folder: Path
    profile: str
    printer: str = "epson"
    rescan_s: float = 5.0
    settle_s: float = 2.0
    max_file_bytes: int = 256 * 1024 * 1024

    def __post_init__(self) -> None:
        """What cannot work is refused at start."""
        check_name("prints", self.name)
        check_above_zero(f"prints {self.name}", self, "rescan_s", "settle_s", "max_file_bytes")


def check_tills(
    till_folder: Path | None,
    journals: Iterable[JournalSettings],
    taps: Iterable[PrinterTapSettings],
    prints: Iterable[PrintsSettings],
) -> None:
    """Refuse sources that would take each other's file, folder or port; raises ValueError."""
    journals, taps, prints = list(journals), list(taps), list(prints)
    _check_unique("the file", "[[journal]]", (str(each.file) for each in journals))
    folders = [str(each.folder) for each in prints]
    _check_unique("the folder", "[[prints]] and [till]", [*folders, str(till_folder)])
    doors = [f"{each.host} port {each.port}" for each in taps if each.port]
    _check_unique("the address", "[[tap]]", doors)


def check_names(names: Iterable[str]) -> None:
    """Refuse two sources of one name, of whatever kind they are; raises ValueError."""
    _check_unique("the name", "the sources of this box", [*names, TAPS])


def check_doors(doors: Iterable[WebSettings]) -> None:
    """Refuse two doors at one address; raises ValueError."""
    addresses = (f"{each.host} port {each.port}" for each in doors if each.port)
    _check_unique("the address", "[[web]]", addresses)


def _check_unique(what: str, where: str, values: Iterable[str]) -> None:
    twice = first_twice(values)
    if twice == TAPS:
        raise ValueError(f"{what} {TAPS!r} is kept for the receipts of all taps; choose another")
    if twice:
        raise ValueError(f"{what} {twice!r} is given twice in {where}; each needs its own")

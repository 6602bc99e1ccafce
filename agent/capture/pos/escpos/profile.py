"""What must be known of a printer to read it, as data: ``device_configs/printers/<name>.toml``."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agent.capture.pos.escpos.codepages import DOUBLE_BYTE, PAGES, UNKNOWN
from agent.capture.pos.escpos.decoding import decoder
from agent.capture.pos.escpos.opcodes import VENDORS
from agent.errors import BadConfiguration
from models.runtime.settings import SettingsError, load

_FIGURES: Final = b"0123456789.,-\n\r"


@dataclass(frozen=True, slots=True)
class PrinterProfile:
    """One kind of printer, as the till addresses it.

    Attributes:
        name: as the file is called.
        pages: whose numbers ``ESC t`` uses: epson, chinese, citizen, star, bematech.
        page: the number in force until the till chooses another, and after ``ESC @``.
        more_pages: numbers that this printer has besides, to a codec's name.
        encoding: a codec that holds whatever the till chooses; empty where the till is believed.
        double_byte: codec of Chinese, Japanese or Korean text; empty where the printer has none.
        double_byte_on: whether that is in force from the start, without ``FS &``.
        vendors: whose own commands it has: bematech, daruma, elgin, chinese.
        cr_feeds: whether a carriage return alone begins a new line.
        initialise_ends: whether ``ESC @`` behind printed text begins another receipt.
        column_dots: width of a character, for tills that place columns by dots.
    """

    name: str = "epson"
    pages: str = "epson"
    page: int = 0
    more_pages: dict[str, str] = field(default_factory=dict)
    encoding: str = ""
    double_byte: str = ""
    double_byte_on: bool = False
    vendors: tuple[str, ...] = ()
    cr_feeds: bool = False
    initialise_ends: bool = True
    column_dots: int = 12

    def __post_init__(self) -> None:
        """What cannot be is found at start, not at the first receipt."""
        _check("pages", self.pages, PAGES)
        for vendor in self.vendors:
            _check("vendors", vendor, VENDORS)
        if self.double_byte:
            _check("double_byte", self.double_byte, DOUBLE_BYTE)
        if self.column_dots < 1:
            raise ValueError(f"column_dots must be at least 1, not {self.column_dots}")
        for number, encoding in self.more_pages.items():
            if not number.isdecimal():
                raise ValueError(f"more_pages: {number!r} is no number of a page")
            _check_codec(f"more_pages.{number}", encoding)
        if self.encoding:
            _check_codec("encoding", self.encoding)

    def page_codec(self, number: int) -> str:
        """The codec of a page; one that nobody described holds ASCII only."""
        more = self.more_pages.get(str(number))
        return more or PAGES[self.pages].get(number, UNKNOWN)


def load_printer(folder: Path, name: str) -> PrinterProfile:
    """One profile by name.

    Raises:
        BadConfiguration: there is none of that name, it cannot be read, or calls itself otherwise.
    """
    path = folder / f"{name}.toml"
    if path.parent != folder or not path.is_file():
        known = sorted(each.stem for each in folder.glob("*.toml"))
        raise BadConfiguration(f"printer profile {name!r} is not in {folder}; {_hint(name, known)}")
    try:
        profile = load(path, PrinterProfile)
    except SettingsError as error:
        raise BadConfiguration(str(error)) from error
    if profile.name != name:
        raise BadConfiguration(f"{path}: name = {profile.name!r}; it must be the file's, {name!r}")
    return profile


def _check(key: str, value: str, known: Collection[str]) -> None:
    if value not in known:
        raise ValueError(f"{key} = {value!r} is not known; {_hint(value, sorted(known))}")


def _check_codec(key: str, encoding: str) -> None:
    """Figures must be figures in it: one line end more or less and no receipt can be read."""
    try:
        plain = decoder(encoding)(_FIGURES) == _FIGURES.decode()
    except LookupError:
        plain = False
    if not plain:
        raise ValueError(f"{key} = {encoding!r} is no encoding of receipts, such as cp1252")


def _hint(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(known) or 'none'}"

"""The print head: what earlier commands mean for the text that comes now."""

from __future__ import annotations

from typing import Final

from agent.capture.pos.escpos.codepages import nation_table
from agent.capture.pos.escpos.decoding import Decode, decoder
from agent.capture.pos.escpos.printed import Settings
from agent.capture.pos.escpos.profile import PrinterProfile
from agent.capture.pos.escpos.styles import PLAIN

_SYMBOLS_KEPT: Final = 8


class PrintHead:
    """Settings of a printer under way. Used by one parser.

    Attributes:
        offset: the first byte behind the command under way, in the stream.
        bits: the style of the text that comes now (``styles``).
        prints: False while the till talks to a display behind the printer.
    """

    def __init__(self, profile: PrinterProfile, settings: Settings | None = None) -> None:
        self.profile = profile
        self.offset = 0
        self._at_start = Settings(PLAIN, profile.page, 0, profile.double_byte_on)
        self._decoders: dict[tuple[int, bool, bool], Decode] = {}
        self._set(settings or self._at_start)

    @property
    def settings(self) -> Settings:
        """What is in force now."""
        return Settings(
            self.bits, self._page, self._number, self._double_byte, self._utf8, self.prints
        )

    def initialise(self) -> None:
        """As when it was switched on (``ESC @``)."""
        self._set(self._at_start)

    def read(self, run: bytes) -> str:
        """Text as it is printed: decoded, in the national set, line ends as line feeds."""
        text = run.decode("ascii") if run.isascii() else self._decode(run)
        if self._nation is not None:
            text = text.translate(self._nation)
        if "\r" in text:
            if self.profile.cr_feeds:
                return text.replace("\r\n", "\n").replace("\r", "\n")
            return text.replace("\r", "")
        return text

    def turn_page(self, number: int) -> None:
        """Another code page."""
        self._page = number
        self._choose()

    def choose_nation(self, number: int) -> None:
        """Another national set."""
        self._number = number
        self._nation = nation_table(number)

    def choose_double_byte(self, *, on: bool) -> None:
        """Two bytes a character, or one."""
        self._double_byte = on
        self._choose()

    def choose_utf8(self, *, on: bool) -> None:
        """UTF-8, or what pages and modes say."""
        self._utf8 = on
        self._choose()

    def store_symbol(self, kind: int, data: bytes) -> None:
        """Remember a two-dimensional code until it is printed; some kinds, the last of each."""
        if kind in self._symbols or len(self._symbols) < _SYMBOLS_KEPT:
            self._symbols[kind] = data

    def symbol(self, kind: int) -> bytes | None:
        """What was stored of this kind."""
        return self._symbols.get(kind)

    def _set(self, settings: Settings) -> None:
        self.bits = settings.style
        self.prints = settings.prints
        self._page = settings.page
        self._double_byte = settings.double_byte
        self._utf8 = settings.utf8
        self._symbols: dict[int, bytes] = {}
        self.choose_nation(settings.nation)
        self._choose()

    def _choose(self) -> None:
        choice = self._page, self._double_byte, self._utf8
        decode = self._decoders.get(choice)
        if decode is None:  # once for each; every receipt begins with a choice
            decode = self._decoders[choice] = decoder(self._encoding())
        self._decode = decode

    def _encoding(self) -> str:
        profile = self.profile
        if profile.encoding:
            return profile.encoding
        if self._utf8:
            return "utf_8"
        if self._double_byte and profile.double_byte:
            return profile.double_byte
        return profile.page_codec(self._page)

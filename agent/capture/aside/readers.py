"""From a note in quarantine to who can read its record again, as the settings of today say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from agent.capture.aside.formats import columns_of as columns_of_journal
from agent.capture.aside.formats import journal_pieces, json_pieces, print_pieces
from agent.capture.aside.rereader import Alone, Bodies, Rereader
from agent.capture.pos.family import Adapter, load_named
from agent.capture.pos.keeping import TILL_FOLDER
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.poslog import PoslogReader
from agent.capture.pos.profile import load_profile
from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CaptureContext, CapturedSale
from agent.config import (
    TAPS,
    AgentConfig,
    JournalSettings,
    PrinterTapSettings,
    PrintsSettings,
    WebSettings,
)
from agent.errors import BadConfiguration

if TYPE_CHECKING:
    from agent.capture.pos.web.reading import BodyReader

_SLIP_BYTES: Final = 8192
"""Enough for the first line of a print, which says whose it is."""

_DATABASE: Final = "database-"
_ODOO: Final = "web-odoo"
_POSTED: Final = "web-"
_LINE: Final = ".line-"

Named = TypeVar("Named")


class Readers:
    """Finds readers. Keeps nothing: settings and profiles are read as they are now."""

    def __init__(self, config: AgentConfig, configs: Path) -> None:
        """``configs`` is the folder with ``till_profiles`` and ``printers``."""
        self._config = config
        self._profiles = configs / "till_profiles"
        self._printers = configs / "printers"

    def of(self, source: str, file: str, head: bytes) -> Rereader:
        """Who reads it.

        Args:
            source: which one set it aside; empty in notes of agents before this one.
            file: what the till called the file.
            head: how the record begins.

        Raises:
            BadConfiguration: its source is configured no more, or nobody can say which it was; or
                its profile is not usable. Says what to do.
        """
        return self._finder(source, file)(source, file, head)

    def source_of(self, source: str, file: str, head: bytes) -> str:
        """The name of the source, as far as it is known."""
        name = self._print_source(head) if source in ("", TAPS) else ""
        if name or source:
            return name or source
        return file.removeprefix(_DATABASE).removesuffix(".json") if _DATABASE in file else ""

    def _finder(self, source: str, file: str) -> Callable[[str, str, bytes], Rereader]:
        config = self._config
        kinds: tuple[tuple[Iterable[str], Callable[[str, str, bytes], Rereader]], ...] = (
            ((TILL_FOLDER,), self._till),
            ((each.name for each in config.journal), self._journal),
            ((*(each.name for each in (*config.prints, *config.tap)), TAPS), self._print),
            ((each.name for each in config.database), self._database),
            ((each.name for each in config.web), self._posted),
            ((each.name for each in config.odoo), self._odoo),
        )
        if source:
            for names, finder in kinds:
                if source in names:
                    return finder
            raise BadConfiguration(
                f"{file}: source {source!r} is configured no more; add it again, then retry"
            )
        return self._by_file(file)

    def _by_file(self, file: str) -> Callable[[str, str, bytes], Rereader]:
        """For notes that do not name their source."""
        if file.startswith(_DATABASE):
            return self._database
        if file.startswith(_POSTED):
            return self._odoo if file.startswith(_ODOO) else self._posted
        if _LINE in file:
            return self._journal
        return self._till if file.lower().endswith((".xml", ".gz")) else self._print

    def _till(self, source: str, file: str, head: bytes) -> Rereader:
        del source, head
        if self._config.till.folder is None:
            raise BadConfiguration(f"{file}: [till] folder is absent: this box has no till")
        return self._poslog(self._config.till.profile)

    def _poslog(self, name: str) -> Rereader:
        profile = load_profile(self._profiles, name)
        return Rereader(profile, lambda context: PoslogReader(profile, context))

    def _journal(self, source: str, file: str, head: bytes) -> Rereader:
        del head
        # Each kind of source loads what reads it, and only then.
        from agent.capture.pos.journal import JournalReader  # noqa: PLC0415
        from agent.capture.pos.journal.profile import JournalProfile  # noqa: PLC0415
        from agent.capture.pos.journal.whole import JournalFileReader  # noqa: PLC0415
        from agent.capture.sources.journals import journal_profile, journal_reader  # noqa: PLC0415

        settings = self._journal_settings(source, file)
        profile, layout = journal_profile(settings, self._profiles)

        def make(context: CaptureContext) -> Alone:
            def fresh(raw_sha256: str) -> object:
                if isinstance(profile, JournalProfile):
                    return JournalReader(profile, context, raw_sha256)
                return journal_reader(profile, context)

            return Alone(JournalFileReader(layout, fresh))  # type: ignore[arg-type]

        return Rereader(profile, make, journal_pieces(profile), columns_of_journal(profile))

    def _journal_settings(self, source: str, file: str) -> JournalSettings:
        named = file.rpartition(_LINE)[0]
        journals = [each for each in self._config.journal if source in ("", each.name)]
        same = [each for each in journals if named and str(each.file).endswith(named)]
        return _only(same or journals, f"{file}: [[journal]]")

    def _print(self, source: str, file: str, head: bytes) -> Rereader:
        from agent.capture.pos.escpos import PrintFileReader, load_printer  # noqa: PLC0415
        from agent.capture.pos.receipts import ReceiptProfile, TillReceipts  # noqa: PLC0415

        name = self._print_source(head) or source
        printers: dict[str, PrintsSettings | PrinterTapSettings] = {}
        printers |= {each.name: each for each in self._config.prints}
        printers |= {each.name: each for each in self._config.tap}
        if name not in printers and (name or len(printers) != 1):
            raise BadConfiguration(
                f"{file}: no [[tap]] or [[prints]] is named {name!r}; add one, then retry"
            )
        settings = printers[name] if name in printers else next(iter(printers.values()))
        printer = load_printer(self._printers, settings.printer)
        profile = load_named(self._profiles, settings.profile, ReceiptProfile, Adapter.RECEIPTS)
        return Rereader(
            profile,
            lambda context: PrintFileReader(settings.name, printer, TillReceipts(profile, context)),
            print_pieces(printer),
        )

    def _print_source(self, head: bytes) -> str:
        if not (self._config.prints or self._config.tap):
            return ""
        from agent.capture.pos.escpos.reading import printer_named  # noqa: PLC0415

        return printer_named(BytesIO(head[:_SLIP_BYTES]))

    def _database(self, source: str, file: str, head: bytes) -> Rereader:
        del head
        from agent.capture.pos.database.profile import DatabaseProfile  # noqa: PLC0415
        from agent.capture.pos.database.reading import DatabaseReader, with_currency  # noqa: PLC0415
        from agent.capture.pos.database.stored import StoredReceipt  # noqa: PLC0415

        name = source or file.removeprefix(_DATABASE).removesuffix(".json")
        databases = [each for each in self._config.database if each.name == name]
        settings = _only(databases, f"{file}: [[database]]")
        named = load_named(self._profiles, settings.profile, DatabaseProfile, Adapter.DATABASE)
        profile = with_currency(named, settings.currency)

        def make(context: CaptureContext) -> Bodies:
            reader = DatabaseReader(profile, context)
            return Bodies(lambda body: [reader.read(StoredReceipt.of_data(body))])

        return Rereader(profile, make, json_pieces, under_our_names=True)

    def _posted(self, source: str, file: str, head: bytes) -> Rereader:
        doors = [each for each in self._config.web if source in ("", each.name)]
        if "poslog" in file or head.lstrip().startswith(b"<"):
            return self._poslog(_only(doors, f"{file}: [[web]]").poslog_profile)
        return self._web(file, _only(doors, f"{file}: [[web]]"))

    def _web(self, file: str, settings: WebSettings) -> Rereader:
        from agent.capture.pos.web.profile import WebFormat, load_web_profile  # noqa: PLC0415
        from agent.capture.pos.web.reading import PostedSaleReader  # noqa: PLC0415
        from agent.capture.pos.web.shopify import ShopifyReader  # noqa: PLC0415
        from agent.capture.pos.web.square import SquareReader  # noqa: PLC0415

        kinds: dict[str, tuple[WebFormat, str, Callable[..., BodyReader]]] = {
            "web-shopify": (WebFormat.SHOPIFY, settings.shopify_profile, ShopifyReader),
            "web-square": (WebFormat.SQUARE, settings.square_profile, SquareReader),
        }
        sale = (WebFormat.SALE, settings.profile, PostedSaleReader)
        format_, name, kind = kinds.get(file, sale)
        profile = load_web_profile(self._profiles, name, format_)
        return Rereader(
            profile,
            lambda context: Bodies(lambda body: _whole(kind(profile, context), body)),
            json_pieces,
        )

    def _odoo(self, source: str, file: str, head: bytes) -> Rereader:
        del head
        from agent.capture.pos.web.odoo.reading import OdooReader  # noqa: PLC0415
        from agent.capture.pos.web.profile import WebFormat, load_web_profile  # noqa: PLC0415

        odoos = [each for each in self._config.odoo if source in ("", each.name)]
        settings = _only(odoos, f"{file}: [[odoo]]")
        profile = load_web_profile(self._profiles, settings.profile, WebFormat.ODOO)
        return Rereader(
            profile,
            lambda context: Bodies(lambda body: _whole(OdooReader(profile, context), body)),
            json_pieces,
        )


def _whole(reader: BodyReader, body: bytes) -> list[CapturedSale | Refused]:
    """What a body gives; raises Malformed for what nobody would have kept."""
    from agent.capture.pos.web.answers import Problem  # noqa: PLC0415

    try:
        reading = reader.read(body)
    except Problem as error:
        raise Malformed(str(error)) from error
    return [*reading.sales, *reading.refused]


def _only(found: list[Named], what: str) -> Named:
    """The one that it can only have been."""
    if len(found) != 1:
        many = f"{len(found)} could have set it aside" if found else "none could have set it aside"
        raise BadConfiguration(f"{what}: {many}; look at it with quarantine show")
    return found[0]

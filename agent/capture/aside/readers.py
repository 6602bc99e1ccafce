"""From a note in quarantine to who can read its record again, as the settings of today say."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from agent.capture.aside.rereader import Rereader
from agent.capture.aside.rereaders import Asked, Kind, rereader_of, source_told
from agent.capture.aside.rereaders.asking import DATABASE, LINE
from agent.capture.pos.keeping import TILL_FOLDER
from agent.config import TAPS, AgentConfig
from agent.errors import BadConfiguration

_ODOO: Final = "web-odoo"
_POSTED: Final = "web-"


class Readers:
    """Finds readers. Keeps nothing: settings and profiles are read as they are now."""

    def __init__(self, config: AgentConfig, configs: Path) -> None:
        """``configs`` is the folder with ``till_profiles`` and ``printers``."""
        self._config = config
        self._configs = configs

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
        kind = self._kind(source, file) if source else _kind_of_file(file)
        return rereader_of(kind, Asked(self._config, self._configs, source, file, head))

    def source_of(self, source: str, file: str, head: bytes) -> str:
        """The name of the source, as far as it is known.

        What a print says of itself is believed where it is a name of ours: it leaves the shop, and
        a torn print may say anything there.
        """
        ours = self._printers() if source in ("", TAPS) else []
        name = source_told(head) if ours else ""
        if name in ours or source:
            return name if name in ours else source
        return file.removeprefix(DATABASE).removesuffix(".json") if DATABASE in file else ""

    def _printers(self) -> list[str]:
        config = self._config
        return [*(each.name for each in config.prints), *(each.name for each in config.tap)]

    def _kind(self, source: str, file: str) -> Kind:
        config = self._config
        kinds: tuple[tuple[Kind, Iterable[str]], ...] = (
            (Kind.TILL, (TILL_FOLDER,)),
            (Kind.JOURNAL, (each.name for each in config.journal)),
            (Kind.PRINTS, (*self._printers(), TAPS)),
            (Kind.DATABASE, (each.name for each in config.database)),
            (Kind.WEB, (each.name for each in config.web)),
            (Kind.ODOO, (each.name for each in config.odoo)),
        )
        for kind, names in kinds:
            if source in names:
                return kind
        raise BadConfiguration(
            f"{file}: source {source!r} is configured no more; add it again, then retry"
        )


def _kind_of_file(file: str) -> Kind:
    """For notes that do not name their source."""
    if file.startswith(DATABASE):
        return Kind.DATABASE
    if file.startswith(_POSTED):
        return Kind.ODOO if file.startswith(_ODOO) else Kind.WEB
    if LINE in file:
        return Kind.JOURNAL
    return Kind.TILL if file.lower().endswith((".xml", ".gz")) else Kind.PRINTS

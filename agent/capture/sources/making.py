"""From the configuration to the sources of a box, in the order in which they are started."""

from __future__ import annotations

from collections.abc import Iterator

from agent.capture.pos.escpos import PrintFileReader
from agent.capture.pos.spool import SpoolSettings
from agent.capture.pos.tap import SheetFolder
from agent.capture.sources.folders import FolderSource, folder_of_prints, till_receipts
from agent.capture.sources.journals import JournalSource
from agent.capture.sources.source import Source, Surroundings
from agent.capture.sources.taps import ReaderOfTaps, TapSource
from agent.config import TAPS, AgentConfig
from agent.errors import DiskUnusable
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)


def make_sources(config: AgentConfig, around: Surroundings) -> list[Source]:
    """All sources, not started.

    Raises:
        BadConfiguration: a profile of a journal, tap or folder is missing or wrong, as for the
            till's folder. What databases, doors and Odoos lack is found when they start.
    """
    journals = [
        JournalSource(each, config.journals_folder, around.of(each.name)) for each in config.journal
    ]
    folders = [folder_of_prints(each, around.of(each.name)) for each in config.prints]
    return [
        *journals,
        *_taps(config, around),
        *folders,
        *_databases(config, around),
        *_web(config, around),
    ]


def _databases(config: AgentConfig, around: Surroundings) -> Iterator[Source]:
    if not config.database:
        return
    # A box without such a till does not load what reads databases.
    from agent.capture.sources.databases import database_source  # noqa: PLC0415

    for each in config.database:
        yield database_source(each, config.device.data_dir, around.of(each.name))


def _web(config: AgentConfig, around: Surroundings) -> Iterator[Source]:
    """The doors, then the Odoos; a box without any does not load what serves them."""
    if config.web:
        from agent.capture.sources.doors import door_source  # noqa: PLC0415 - see above

        for door in config.web:
            yield door_source(door, config.device.data_dir, around.of(door.name))
    if config.odoo:
        from agent.capture.sources.pullers import odoo_source  # noqa: PLC0415 - see above

        for odoo in config.odoo:
            yield odoo_source(odoo, config.device.data_dir, around.of(odoo.name))


def _taps(config: AgentConfig, around: Surroundings) -> Iterator[Source]:
    """The taps, then who reads what they write down, and what taps of before have left."""
    sheets = SheetFolder(config.prints_folder, around.sealer)
    if not config.tap:
        return
    _prepare(sheets)
    taps = [(each, TapSource(each, sheets, around)) for each in config.tap]
    yield from (tap for _, tap in taps)
    readers = {
        tap.name: PrintFileReader(tap.name, tap.profile, till_receipts(each.profile, around))
        for each, tap in taps
    }
    yield FolderSource(
        TAPS,
        sheets.waiting,
        ReaderOfTaps(readers),
        around.of(TAPS),
        files=sheets.kind,
        settings=SpoolSettings(),
    )


def _prepare(sheets: SheetFolder) -> None:
    """A disk that takes nothing must not keep tills from printing; the taps say it themselves."""
    try:
        left = sheets.prepare()
    except DiskUnusable as error:
        _LOG.error("prints_folder_unusable", reason=str(error), effect="tills print, unrecorded")
        return
    if left:
        _LOG.warning("prints_left_by_a_crash", receipts=left, effect="they are read now")

"""Everything that captures sales on this box, put together: the till's folder and the sources.

    till's folder → spool ─┐
    journals → followers ──┼→ intake
    taps, print queues ────┤
    databases, doors, Odoos ┘

They share the intake and nothing else, so two ways to one till stand beside each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.capture.intake import Intake
from agent.capture.pos.keeping import TILL_FOLDER, Keeping
from agent.capture.pos.poslog import PoslogReader
from agent.capture.pos.profile import load_profile
from agent.capture.pos.sink import CaptureContext
from agent.capture.pos.spool import Spool, SpoolSettings, SpoolStatus
from agent.capture.till_files import till_files
from agent.config import AgentConfig, configs_folder
from agent.health.status.tills import SourceStatus
from models.runtime.clock import Clock
from models.vault.blob import BlobSealer
from models.vault.master import MasterKey

if TYPE_CHECKING:
    from agent.capture.sources import Sources


@dataclass(frozen=True, slots=True)
class TillParts:
    """What capturing needs of the agent.

    Attributes:
        sink: where all sales go.
        random: from 0 up to 1.
        random_bytes: so many of them.
    """

    config: AgentConfig
    master: MasterKey
    context: CaptureContext
    sink: Intake
    clock: Clock
    random: Callable[[], float]
    random_bytes: Callable[[int], bytes]

    def keeping(self, poslog_profile: str | None = None) -> Keeping:
        """Archive and quarantine, for one thread; see ``till_files``."""
        return till_files(self.config, self.master, poslog_profile)


class Tills:
    """What captures on this box; nothing where it has no till at all."""

    def __init__(self, spool: Spool | None, sources: Sources | None, keeping: Keeping) -> None:
        self._spool = spool
        self._sources = sources
        self.keeping = keeping

    @classmethod
    def start(cls, made_of: TillParts, parts: ExitStack) -> Tills:
        """Start all of it; ``parts`` stops it.

        Raises:
            BadConfiguration: a profile is missing or wrong.
        """
        spool, sources = _spool(made_of), _sources(made_of)
        if spool is not None:
            spool.start()
            parts.callback(spool.stop)
        if sources is not None:
            parts.callback(sources.stop)
            sources.start()
        return cls(spool, sources, made_of.keeping())

    def till(self) -> SpoolStatus | None:
        """How the till's folder is; None on a box without one."""
        return self._spool.status if self._spool else None

    def sources(self) -> Sequence[SourceStatus]:
        """How the sources are."""
        return self._sources.states() if self._sources else ()


def _spool(made_of: TillParts) -> Spool | None:
    till = made_of.config.till
    if till.folder is None:
        return None
    profile = load_profile(configs_folder() / "till_profiles", till.profile)
    return Spool(
        till.folder,
        made_of.config.device.path.device,
        reader=PoslogReader(profile, made_of.context),
        sink=made_of.sink,
        keeping=made_of.keeping().serving(TILL_FOLDER),
        clock=made_of.clock,
        settings=SpoolSettings(
            rescan_s=till.rescan_s, settle_s=till.settle_s, max_file_bytes=till.max_file_bytes
        ),
    )


def _sources(made_of: TillParts) -> Sources | None:
    config = made_of.config
    if not config.has_sources:
        return None
    # A box without any source does not load what serves them.
    from agent.capture.sources import Sources, Surroundings, make_sources  # noqa: PLC0415

    around = Surroundings(
        context=made_of.context,
        sink=made_of.sink,
        sinks=made_of.sink,
        new_keeping=made_of.keeping,
        sealer=BlobSealer(made_of.master, "prints"),
        clock=made_of.clock,
        random=made_of.random,
        random_bytes=made_of.random_bytes,
        configs=configs_folder(),
    )
    return Sources(make_sources(config, around), made_of.clock)

"""What every source is to those who run it, and what it needs of the agent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from agent.capture.pos.keeping import Keeping
from agent.capture.pos.sink import CaptureContext, NamedSinks, SaleSink
from agent.health.status.tills import SourceKind, SourceStatus
from models.runtime.clock import Clock
from models.vault.blob import BlobSealer


class Source(Protocol):
    """One journal, tap, folder, database, door or Odoo, with threads of its own."""

    @property
    def name(self) -> str:
        """Unique on this box."""
        ...

    @property
    def kind(self) -> SourceKind:
        """What it is."""
        ...

    def start(self) -> None:
        """Begin; may be called again after it failed.

        Raises:
            AgentError: it cannot begin now; the message says what to do.
        """
        ...

    def stop(self) -> None:
        """End, within seconds; does nothing where it has not begun or has ended."""
        ...

    def status(self) -> SourceStatus:
        """How it is, once it was started. Safe from any thread."""
        ...


class NewKeeping(Protocol):
    """Makes archive and quarantine of this box, for one thread each."""

    def __call__(self, poslog_profile: str | None = None) -> Keeping:
        """One whose members' cards that profile names; the till's where it is None.

        Raises:
            BadConfiguration: there is no such profile.
        """
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Surroundings:
    """What the sources of one box share.

    Attributes:
        context: who captures, and where.
        sink: takes the sales of all of them.
        sinks: gives each source a sink of its own; where absent they share ``sink``.
        new_keeping: archive and quarantine of this box, for one thread each.
        sealer: of what taps write down.
        clock: the device's.
        random: from 0 up to 1, for back-off.
        random_bytes: makes the names of receipts unique.
        configs: the folder with ``till_profiles`` and ``printers``.
    """

    context: CaptureContext
    sink: SaleSink
    new_keeping: NewKeeping
    sealer: BlobSealer
    clock: Clock
    random: Callable[[], float]
    random_bytes: Callable[[int], bytes]
    configs: Path
    sinks: NamedSinks | None = None

    def of(self, source: str) -> Surroundings:
        """The same for one source, by its name."""
        return self if self.sinks is None else replace(self, sink=self.sinks.of(source))

    @property
    def till_profiles(self) -> Path:
        """Where the profiles of tills are."""
        return self.configs / "till_profiles"

    @property
    def printers(self) -> Path:
        """Where the profiles of printers are."""
        return self.configs / "printers"

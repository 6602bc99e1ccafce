"""A box that serves its status page on a free port of the loopback; the test sets how it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agent.config import TabletSettings
from agent.health.status import Status
from agent.replica import Replica
from agent.tablet import TabletServer
from models.vault.master import MasterKey
from tests.simulators.agent_status import a_status
from tests.simulators.clocks import HandClock
from tests.simulators.guide_tablet import SHOP, HandLine


@dataclass(slots=True)
class StatusBox:
    """A running page, and the status that it shows from now on."""

    url: str = ""
    status: Status = field(default_factory=a_status)

    def look(self) -> Status:
        """As it was set last."""
        return self.status


@contextmanager
def a_status_box(folder: Path, *, guide: bool = False) -> Iterator[StatusBox]:
    """Serve it, with the guide's page beside it or without."""
    box, clock = StatusBox(), HandClock()
    replica = Replica.open(folder / "replica.sqlite3", MasterKey(b"k" * 32), clock=clock)
    settings = TabletSettings(enabled=guide, port=0)
    server = TabletServer(
        settings, replica, line=HandLine(), clock=clock, shop=SHOP, status=box.look
    )
    try:
        server.start()
        box.url = server.url
        yield box
    finally:
        server.stop()
        replica.close()

"""A guide's page on a free port of the loopback, with a line to the cloud that is set by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.config import TabletSettings
from agent.replica import Replica
from agent.tablet import Limits, LineState, Shop, TabletServer
from models.runtime.clock import Clock
from models.vault.master import MasterKey
from tests.simulators.facts import NOON

SHOP = Shop("静安寺店", ZoneInfo("Asia/Shanghai"))


class HandLine:
    """Online until it is said otherwise."""

    def __init__(self) -> None:
        self.state = LineState(online=True, since=NOON)

    def online(self) -> LineState:
        """As it was set last."""
        return self.state


@dataclass(frozen=True, slots=True)
class Tablet:
    """A running page and what stands behind it."""

    server: TabletServer
    replica: Replica
    line: HandLine

    @property
    def url(self) -> str:
        """The page's address."""
        return self.server.url


@contextmanager
def a_tablet(folder: Path, clock: Clock, limits: Limits | None = None) -> Iterator[Tablet]:
    """Start a page over an empty replica; stop it, then close the replica."""
    replica = Replica.open(folder / "replica.sqlite3", MasterKey(b"k" * 32), clock=clock)
    line = HandLine()
    settings = TabletSettings(port=0)
    server = TabletServer(settings, replica, line=line, clock=clock, shop=SHOP, limits=limits)
    try:
        server.start()
        yield Tablet(server, replica, line)
    finally:
        server.stop()
        replica.close()

"""A shop whose till keeps a database, and an agent that reads it and can be killed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine

from agent.capture.pos.database import (
    DatabasePoller,
    DatabaseProfile,
    DatabaseReader,
    PollingSettings,
    WatermarkFile,
    with_currency,
)
from agent.capture.pos.database.reaching import TillDatabase
from agent.capture.pos.family import Adapter, load_named
from agent.capture.pos.records import Refused
from agent.config.databases import Login, TillDatabaseSettings
from models.wire.events.sale import SaleRecorded
from tests.simulators.capturing import PROFILES, SHANGHAI, LedgerSink, context
from tests.simulators.clocks import HandClock
from tests.simulators.till_tables import UnicentaTill

NOON = datetime(2025, 11, 7, 12, 0)  # noqa: DTZ001 - tills write local time without a zone


def unicenta_profile(**changes: Any) -> DatabaseProfile:
    """The shipped profile in a shop that counts in yuan."""
    shipped = load_named(PROFILES, "unicenta", DatabaseProfile, Adapter.DATABASE)
    return replace(with_currency(shipped, "CNY"), **changes)


class ReceiptBox:
    """An ``Aside`` that remembers by content, as the quarantine does."""

    def __init__(self) -> None:
        self.kept: dict[bytes, Refused] = {}

    def keep(self, item: Refused) -> None:
        self.kept[item.data] = item


class PolledTill:
    """A till, its database, and the agent beside it. ``clock`` begins at the till's noon."""

    def __init__(
        self,
        engine: Engine,
        settings: TillDatabaseSettings,
        folder: Path,
        *,
        login: Login | None = None,
        profile: DatabaseProfile | None = None,
        polling: PollingSettings | None = None,
        till: UnicentaTill | None = None,
    ) -> None:
        self.engine = engine
        self.till = till or UnicentaTill(engine)
        self.till.create()
        self.settings = settings
        self.login = login or Login()
        self.profile = profile or unicenta_profile()
        self.polling = polling or PollingSettings()
        self.sink = LedgerSink()
        self.aside = ReceiptBox()
        self.clock = HandClock(NOON.replace(tzinfo=SHANGHAI))
        self.marks = WatermarkFile(folder / "mark" / "till.json")
        self.poller = self.start()

    def start(self) -> DatabasePoller:
        """A new agent; the one before, if any, is simply gone."""
        self.database = TillDatabase(
            self.settings, self.profile, zone=SHANGHAI, login=lambda: self.login, clock=self.clock
        )
        self.poller = DatabasePoller(
            self.database,
            DatabaseReader(self.profile, context()),
            sink=self.sink,
            aside=self.aside,
            watermarks=self.marks,
            clock=self.clock,
            settings=self.polling,
        )
        return self.poller

    def restart(self) -> None:
        """Kill the agent and start it again."""
        self.close()
        self.start()

    def close(self) -> None:
        """End the agent's connections."""
        self.poller.close()
        self.engine.dispose()

    def wait(self, seconds: float = 2.0) -> int:
        """Time passes, and the agent looks; how many sales it handed over."""
        self.clock.move(seconds)
        return self.poller.step()

    @property
    def sales(self) -> dict[str, SaleRecorded]:
        """The current revision of each sale, by the till's id."""
        return {each.sale.transaction_id: each.sale for each in self.sink.stored.values()}


def sqlite_till(
    folder: Path,
    *,
    profile: DatabaseProfile | None = None,
    polling: PollingSettings | None = None,
    upper: bool = False,
    tendered: bool = True,
) -> PolledTill:
    """A till with a file for a database."""
    path = folder / "till.db"
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    return PolledTill(
        engine,
        TillDatabaseSettings("till", f"sqlite://{path}"),
        folder,
        profile=profile,
        polling=polling,
        till=UnicentaTill(engine, upper=upper, tendered=tendered),
    )

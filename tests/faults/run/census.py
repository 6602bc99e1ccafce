"""The count: what went in at the till against what stands in the ledger, one by one.

The till's side is known from what was put into its folder, not from anything the product says. The
ledger's side is read from its table past the product's own queries; only the money is taken from
the figures that people see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sqlalchemy import create_engine, text

from cloud.config import read_config
from cloud.foundations import Foundations
from models.wire.ids import store_id, tenant_id
from tests.simulators.demo.stage import TENANT
from tests.simulators.till import Delivery, ShopDay, Transaction

_ENTRIES = text("SELECT natural_key, count(*) FROM ledger_event WHERE natural_key IS NOT NULL"
                " AND store = :store GROUP BY natural_key")  # fmt: skip

_IDS = text("SELECT event_id FROM ledger_event")


@dataclass(frozen=True, slots=True)
class Census:
    """Two sides compared.

    Attributes:
        injected: different transactions that went in.
        in_ledger: those of them that the ledger has.
        lost: those that it has not.
        doubled: entries beyond one for each of them, entries of nobody included.
        missing: the names of the lost, where they are known.
    """

    injected: int
    in_ledger: int
    lost: int
    doubled: int
    missing: frozenset[str] = frozenset()

    def __add__(self, other: Self) -> Census:
        """Both together, where a scenario counts more than once."""
        return Census(
            self.injected + other.injected,
            self.in_ledger + other.in_ledger,
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.missing | other.missing,
        )


NOTHING = Census(0, 0, 0, 0)


def compare(injected: Iterable[str], entries: Mapping[str, int]) -> Census:
    """Compare names that went in with how often each was found."""
    names = set(injected)
    found = names & entries.keys()
    return Census(
        injected=len(names),
        in_ledger=len(found),
        lost=len(names) - len(found),
        doubled=sum(entries.values()) - len(found),
        missing=frozenset(names - found),
    )


def keys_of(deliveries: Iterable[Delivery], store: str) -> set[str]:
    """The names under which the ledger must know the transactions of these files."""
    return {key_of(each, store) for delivery in deliveries for each in delivery.transactions}


def key_of(transaction: Transaction, store: str) -> str:
    """As the wire names a transaction: by the till's UUID, else by shop, day and number."""
    head = transaction.head
    if head.transaction_id is not None:
        return f"{store}/uuid/{head.transaction_id.lower()}"
    day = head.business_day.isoformat()
    return f"{store}/{head.store_ref}/{head.workstation}/{day}/{head.sequence}"


def ledger_entries(database_url: str, store: str) -> Counter[str]:
    """How many entries the ledger has of each transaction of a store."""
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            return Counter(dict(connection.execute(_ENTRIES, {"store": store}).all()))
    finally:
        engine.dispose()


def ledger_ids(database_url: str) -> frozenset[str]:
    """The ids of all events that the ledger has."""
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            return frozenset(connection.execute(_IDS).scalars())
    finally:
        engine.dispose()


@dataclass(frozen=True, slots=True)
class Shown:
    """What people see of a day: its money in fen, and how many members there are."""

    net_sales_fen: int
    members: int


def shown(config: Path, store: str, day: ShopDay) -> Shown:
    """A day as the console has it, after all views were made anew from the ledger."""
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        base.views.rebuild()
        while base.views.step():
            pass
        figures = base.figures.of_day(tenant_id(TENANT), store_id(store), day.business_day)
        members = base.directory.counts(tenant_id(TENANT)).members
    return Shown(sum(figure.net_minor for figure in figures), members)


def booked(day: ShopDay) -> Shown:
    """What the console must show."""
    return Shown(day.truth.net_sales_fen, len(day.truth.members))

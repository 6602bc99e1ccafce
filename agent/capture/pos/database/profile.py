"""Which table and column of a till's database is what: profiles with ``adapter = "database"``.

What a profile leaves out is as in uniCenta oPOS and its relatives (KriolOS POS, Chromis, Openbravo
POS). Names are found in any case, since a database created on another system
may have folded them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from agent.capture.pos.family import Adapter
from agent.capture.pos.mapping.rules import SaleRules
from agent.capture.pos.mapping.transcript import Field
from models.wire.source_rank import DATABASE

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_$ ]{0,62}")
_COLUMN: Final = re.compile(rf"(?:{_IDENTIFIER.pattern}\.)?{_IDENTIFIER.pattern}")
_NAMES: Final = frozenset({Field.FAMILY_NAME, Field.GIVEN_NAME})


class Prices(StrEnum):
    """What the prices in the table of lines hold, whatever the shop shows to its customers."""

    NET = "net"
    """Without tax; a line's rate is ``tax_percent``."""

    AS_SHOWN = "as_shown"
    """As on the shelf: with tax where ``sums.taxes`` says that prices include it."""


class Rates(StrEnum):
    """How tax rates are written."""

    FRACTION = "fraction"
    PERCENT = "percent"


class Clocked(StrEnum):
    """How the column of the moment is stored."""

    NATIVE = "native"
    """As the server's own type of time."""

    TEXT = "text"
    """As text that sorts as time does."""

    EPOCH_MS = "epoch_ms"
    EPOCH_S = "epoch_s"


@dataclass(frozen=True, slots=True)
class Join:
    """A table that explains another one. A row that has no partner is kept without it.

    Attributes:
        table: the one that is added.
        column: of that table.
        equals: ``table.column`` that is there already.
    """

    table: str
    column: str
    equals: str


@dataclass(frozen=True, slots=True)
class Rows:
    """One kind of rows of a transaction. A column is ``column`` or ``joined table.column``.

    Attributes:
        table: their table; empty where the till has none.
        transaction: the column that holds the transaction's id.
        order: columns by which they are sorted within a transaction.
        joins: tables that explain them, in an order in which each finds its partner.
        columns: our field to its column.
        optional: fields whose column or joined table may be missing in some versions of the till.
    """

    table: str
    transaction: str = "id"
    order: tuple[str, ...] = ()
    joins: tuple[Join, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)
    optional: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """A field that we do not know, and a name that is none, are found at start."""
        for name in (*self.columns, *self.optional):
            if name not in list(Field):
                raise ValueError(f"{name!r} is no field of ours; see docs/how-to/read-a-journal.md")
        for text in self._names():
            if not _COLUMN.fullmatch(text):
                raise ValueError(f"{text!r} is no name of a table or column")

    def wanted(self, *, names: bool) -> dict[Field, str]:
        """Field to column; without those of customers' names unless they are to be kept."""
        found = {Field(name): column for name, column in self.columns.items()}
        return {name: column for name, column in found.items() if names or name not in _NAMES}

    def _names(self) -> Iterator[str]:
        yield from filter(None, (self.table, self.transaction))
        yield from self.order
        yield from self.columns.values()
        for join in self.joins:
            yield from (join.table, join.column, join.equals)


def _receipts() -> Rows:
    """Receipts with what stands about them elsewhere. Who served goes by an id, never by name."""
    return Rows(
        table="receipts",
        transaction="id",
        joins=(
            Join("tickets", "id", "receipts.id"),
            Join("customers", "id", "tickets.customer"),
            Join("closedcash", "money", "receipts.money"),
        ),
        columns={
            Field.TRANSACTION_ID: "id",
            Field.END_AT: "datenew",
            Field.KIND: "tickets.tickettype",
            Field.DIRECTION: "tickets.tickettype",
            Field.SEQUENCE_NUMBER: "tickets.ticketid",
            Field.OPERATOR: "tickets.person",
            Field.WORKSTATION_ID: "closedcash.host",
            Field.PHONE: "customers.phone",
            Field.CARD: "customers.card",
            Field.MEMBER_CODE: "customers.searchkey",
            Field.FAMILY_NAME: "customers.lastname",
            Field.GIVEN_NAME: "customers.firstname",
        },
        optional=(Field.PHONE, Field.CARD, Field.MEMBER_CODE, Field.FAMILY_NAME, Field.GIVEN_NAME),
    )


def _lines() -> Rows:
    return Rows(
        table="ticketlines",
        transaction="ticket",
        order=("line",),
        joins=(
            Join("products", "id", "ticketlines.product"),
            Join("taxes", "id", "ticketlines.taxid"),
        ),
        columns={
            Field.QUANTITY: "units",
            Field.ACTUAL_PRICE: "price",
            Field.TAX_PERCENT: "taxes.rate",
            Field.ITEM_ID: "products.reference",
            Field.GTIN: "products.code",
            Field.DESCRIPTION: "products.name",
        },
    )


def _payments() -> Rows:
    return Rows(
        table="payments",
        transaction="receipt",
        order=("id",),
        columns={
            Field.TENDER_TYPE: "payment",
            Field.TENDER_AMOUNT: "total",
            Field.AMOUNT: "tendered",
        },
        optional=(Field.AMOUNT,),
    )


def _taxes() -> Rows:
    return Rows(
        table="taxlines",
        transaction="receipt",
        order=("id",),
        joins=(Join("taxes", "id", "taxlines.taxid"),),
        columns={
            Field.TAX_ID: "taxes.name",
            Field.TAX_PERCENT: "taxes.rate",
            Field.TAXABLE: "base",
            Field.TAX_AMOUNT: "amount",
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseProfile(SaleRules):
    """One make of till database.

    Attributes:
        receipts: one row per transaction.
        moment: the column of ``receipts`` that says when; it should have an index.
        clocked: how that column is stored.
        text_format: for ``clocked = "text"``, how it is written, in ``strftime``'s letters.
        lines: goods. ``amount`` is a line's amount; without it quantity times price counts.
        payments: ``tender_amount`` is what a payment paid; ``amount`` what was handed over, where
            that is more the rest is change.
        taxes: taxes of a transaction.
        prices: what prices and amounts of lines hold.
        rates: how tax rates are written.
    """

    source_rank: int = DATABASE
    receipts: Rows = field(default_factory=_receipts)
    moment: str = "datenew"
    clocked: Clocked = Clocked.NATIVE
    text_format: str = "%Y-%m-%d %H:%M:%S"
    lines: Rows = field(default_factory=_lines)
    payments: Rows = field(default_factory=_payments)
    taxes: Rows = field(default_factory=_taxes)
    prices: Prices = Prices.NET
    rates: Rates = Rates.FRACTION

    def __post_init__(self) -> None:
        """What cannot be is found at start, not at the first sale."""
        self.check_shared()
        if self.adapter is not Adapter.DATABASE:
            raise ValueError('adapter must be "database"')
        if not (self.receipts.table and self.lines.table):
            raise ValueError("a database needs the tables of [receipts] and [lines]")
        if not _IDENTIFIER.fullmatch(self.moment):
            raise ValueError(f"moment {self.moment!r} is no name of a column")

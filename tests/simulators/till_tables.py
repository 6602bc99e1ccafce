"""A uniCenta till that writes into its own database, as such tills do: in DOUBLE, net of tax.

Nothing here knows of our mapper. Prices on the shelf are whole cents; the till stores them without
tax as binary fractions and calculates with those, so its columns hold figures such as
0.30000000000000004. What the customer really paid is kept beside, as whole cents.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from random import Random
from typing import Any

from sqlalchemy import Connection, Engine, text

TABLES = """
closedcash (money VARCHAR(255) PRIMARY KEY, host VARCHAR(255), hostsequence INTEGER,
  datestart {moment}, dateend {moment});
people (id VARCHAR(255) PRIMARY KEY, name VARCHAR(255));
customers (id VARCHAR(255) PRIMARY KEY, searchkey VARCHAR(255), name VARCHAR(255),
  card VARCHAR(255), firstname VARCHAR(255), lastname VARCHAR(255), phone VARCHAR(255));
taxes (id VARCHAR(255) PRIMARY KEY, name VARCHAR(255), rate {double});
products (id VARCHAR(255) PRIMARY KEY, reference VARCHAR(255), code VARCHAR(255),
  name VARCHAR(255), pricesell {double}, taxcat VARCHAR(255));
receipts (id VARCHAR(255) PRIMARY KEY, money VARCHAR(255) NOT NULL, datenew {moment} NOT NULL,
  attributes {blob}, person VARCHAR(255));
tickets (id VARCHAR(255) PRIMARY KEY, tickettype INTEGER NOT NULL, ticketid INTEGER NOT NULL,
  person VARCHAR(255) NOT NULL, customer VARCHAR(255), status INTEGER NOT NULL);
ticketlines (ticket VARCHAR(255) NOT NULL, line INTEGER NOT NULL, product VARCHAR(255),
  units {double} NOT NULL, price {double} NOT NULL, taxid VARCHAR(255) NOT NULL,
  attributes {blob}, PRIMARY KEY (ticket, line));
payments (id VARCHAR(255) PRIMARY KEY, receipt VARCHAR(255) NOT NULL,
  payment VARCHAR(255) NOT NULL, total {double} NOT NULL, transid VARCHAR(255), {tendered});
taxlines (id VARCHAR(255) PRIMARY KEY, receipt VARCHAR(255) NOT NULL,
  taxid VARCHAR(255) NOT NULL, base {double} NOT NULL, amount {double} NOT NULL)
"""
NAMES = tuple(each.split()[0] for each in TABLES.split(";"))
KINDS = {
    "sqlite": {"double": "DOUBLE", "moment": "TIMESTAMP", "blob": "BLOB"},
    "mysql": {"double": "DOUBLE", "moment": "DATETIME", "blob": "MEDIUMBLOB"},
    "postgresql": {"double": "DOUBLE PRECISION", "moment": "TIMESTAMP", "blob": "BYTEA"},
}
RATES = {"reduced": "0.07", "full": "0.21", "none": "0"}
CASHIER = "Erika Kassiererin"
CUSTOMER = ("c-1", "13800138000", "Wang", "Xiaoming", "M-000117")


@dataclass(frozen=True, slots=True)
class Article:
    """A thing on the shelf; ``price_minor`` is what its label says, with tax."""

    name: str
    price_minor: int
    tax: str = "full"
    code: str = "4006381333931"

    @property
    def net(self) -> float:
        """As the till stores it."""
        return self.price_minor / 100 / (1.0 + float(RATES[self.tax]))


@dataclass(frozen=True, slots=True)
class Rung:
    """What really happened at the till: whole cents, no float among them."""

    id: str
    number: int
    total_minor: int
    handed_minor: int
    change_minor: int
    lines: int


ARTICLES = (
    Article("Coffee", 10, "none"),
    Article("Bread", 20, "none"),
    Article("Apples", 299, "reduced"),
    Article("Soap", 100),
    Article("Wine", 1099),
    Article("Newspaper", 185, "reduced"),
)
Basket = Sequence[tuple[Article, str]]
"""Articles and how many of them, as the scales or the cashier say."""


class UnicentaTill:
    """One till. Every receipt is a transaction of its own, or is left open with ``writing``."""

    def __init__(
        self, engine: Engine, *, upper: bool = False, tendered: bool = True, seed: int = 1
    ) -> None:
        """``upper``: names in capitals; ``tendered``: whether this version has that column."""
        self._engine = engine
        self._upper = upper
        self._has_tendered = tendered
        self._random = Random(seed)
        self._numbers = {0: 0, 1: 0, 2: 0}

    def create(self) -> None:
        """Make the tables and what every shop has in them."""
        kinds = KINDS[self._engine.dialect.name] | {
            "tendered": f"tendered {KINDS[self._engine.dialect.name]['double']}"
            if self._has_tendered
            else "notes VARCHAR(255)"
        }
        with self._engine.begin() as connection:
            for each in TABLES.split(";"):
                name, _, columns = each.strip().partition(" ")
                connection.execute(
                    text(f"CREATE TABLE {self._name(name)} {columns.format(**kinds)}")
                )
            connection.execute(text(f"CREATE INDEX r1 ON {self._name('receipts')} (datenew)"))
            self._insert(connection, "closedcash", money="shift-1", host="TILL-01", hostsequence=1)
            self._insert(connection, "people", id="p-1", name=CASHIER)
            key, phone, last, first, code = CUSTOMER
            self._insert(connection, "customers", id=key, searchkey=code, name=f"{first} {last}",
                         card="", firstname=first, lastname=last, phone=phone)  # fmt: skip
            for tax, rate in RATES.items():
                self._insert(connection, "taxes", id=tax, name=tax.title(), rate=float(rate))
            for article in ARTICLES:
                self._insert(connection, "products", id=article.name, name=article.name,
                             reference=f"R-{article.name}", code=article.code,
                             pricesell=article.net)  # fmt: skip

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that stays open until the block ends."""
        with self._engine.begin() as connection:
            yield connection

    def ring(
        self,
        at: datetime,
        basket: Basket,
        *,
        cards: Sequence[int] = (),
        handed_minor: int | None = None,
        refund: bool = False,
        member: bool = False,
        into: Connection | None = None,
    ) -> Rung:
        """A sale or refund: ``cards`` pay these cents, cash the rest.

        Args:
            at: the till's own clock, without a zone.
            basket: what is bought or brought back.
            cards: payments by card in cents, before cash.
            handed_minor: how much cash the customer hands over; just enough where None.
            refund: money goes back.
            member: the customer shows who they are.
            into: an open transaction of ``writing``.
        """
        if into is None:
            with self.writing() as connection:
                return self.ring(at, basket, cards=cards, handed_minor=handed_minor, refund=refund,
                                 member=member, into=connection)  # fmt: skip
        sign = -1 if refund else 1
        name = self._receipt(into, at)
        number = self._ticket(into, name, 1 if refund else 0, member=member)
        net_by_tax: dict[str, float] = {}
        for line, (article, units) in enumerate(basket):
            count = sign * float(units)
            self._insert(into, "ticketlines", ticket=name, line=line, product=article.name,
                         units=count, price=article.net, taxid=article.tax)  # fmt: skip
            net_by_tax[article.tax] = net_by_tax.get(article.tax, 0.0) + count * article.net
        total = 0.0
        for tax, base in net_by_tax.items():
            amount = base * float(RATES[tax])
            total += base + amount
            self._insert(into, "taxlines", id=self._id(), receipt=name, taxid=tax, base=base,
                         amount=amount)  # fmt: skip
        due_minor = sign * exact_total_minor(basket)
        paid_by_card = 0.0
        for card in cards:
            paid_by_card += card / 100
            self._pay(into, name, "magcard", card / 100, card / 100)
        cash_minor = due_minor - sum(cards)
        handed = cash_minor if handed_minor is None else handed_minor
        if cash_minor:
            kind = "cashrefund" if refund else "cash"
            self._pay(into, name, kind, total - paid_by_card, handed / 100)
        return Rung(name, number, due_minor, handed + sum(cards), handed - cash_minor, len(basket))

    def move_cash(self, at: datetime, amount_minor: int) -> str:
        """Cash put into the drawer: a receipt and a payment, no ticket."""
        with self.writing() as connection:
            name = self._receipt(connection, at)
            self._pay(connection, name, "cashin", amount_minor / 100, 0.0)
        return name

    def execute(self, statement: str, **values: Any) -> None:
        """Something that a back office does; table names are given in small letters."""
        for name in NAMES:
            statement = statement.replace(f"<{name}>", self._name(name))
        with self.writing() as connection:
            connection.execute(text(statement), values)

    def _receipt(self, into: Connection, at: datetime) -> str:
        name = self._id()
        moment = at.isoformat(sep=" ") if self._engine.dialect.name == "sqlite" else at
        self._insert(into, "receipts", id=name, money="shift-1", datenew=moment)
        return name

    def _ticket(self, into: Connection, name: str, kind: int, *, member: bool) -> int:
        self._numbers[kind] += 1
        self._insert(into, "tickets", id=name, tickettype=kind, ticketid=self._numbers[kind],
                     person="p-1", customer=CUSTOMER[0] if member else None, status=0)  # fmt: skip
        return self._numbers[kind]

    def _pay(
        self, into: Connection, receipt: str, kind: str, total: float, tendered: float
    ) -> None:
        values = {"id": self._id(), "receipt": receipt, "payment": kind, "total": total}
        if self._has_tendered:
            values["tendered"] = tendered
        self._insert(into, "payments", **values)

    def _insert(self, into: Connection, table: str, **values: Any) -> None:
        names = ", ".join(values)
        places = ", ".join(f":{name}" for name in values)
        into.execute(text(f"INSERT INTO {self._name(table)} ({names}) VALUES ({places})"), values)

    def _name(self, table: str) -> str:
        return f'"{table.upper()}"' if self._upper else table

    def _id(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))


def exact_total_minor(basket: Basket) -> int:
    """What the labels come to, half a cent up: whole arithmetic, no float."""
    total = sum((Fraction(units) * article.price_minor for article, units in basket), Fraction(0))
    return int(total + Fraction(1, 2))

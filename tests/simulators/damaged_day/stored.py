"""What lies in databases: a uniCenta till's own tables, and an Odoo's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine

from tests.simulators.damaged_day.plants import by_kind
from tests.simulators.damaged_day.records import Record, blank_records
from tests.simulators.damaged_day.tills import Choice
from tests.simulators.odoo_server import Odoo, Row, shop
from tests.simulators.polled_till import NOON
from tests.simulators.till_tables import Article, UnicentaTill

_TICKET = "UPDATE <{table}> SET {what} WHERE {key} = :id"
_SQL: Mapping[str, tuple[str, str, str]] = {
    "total_text": ("payments", "total = 'twelve'", "receipt"),
    "total_infinite": ("payments", "total = 1e999", "receipt"),
    "total_absurd": ("payments", "total = 1e300", "receipt"),
    "total_other": ("payments", "total = total + 1.0", "receipt"),
    "units_absurd": ("ticketlines", "units = 1e17", "ticket"),
    "units_text": ("ticketlines", "units = 'two'", "ticket"),
    "columns_swapped": ("ticketlines", "units = price, price = units", "ticket"),
    "price_blob": ("ticketlines", "price = x'00ff10'", "ticket"),
    "tax_unknown": ("ticketlines", "taxid = 'none of ours'", "ticket"),
    "tax_other": ("taxlines", "amount = amount + 5", "receipt"),
    "product_unknown": ("ticketlines", "product = NULL, line = line + 7", "ticket"),
    "kind_unknown": ("tickets", "tickettype = 99", "id"),
    "number_text": ("tickets", "ticketid = 'seven'", "id"),
    "person_gone": ("tickets", "person = 'gone'", "id"),
    "moment_text": ("receipts", "datenew = 'yesterday'", "id"),
    "moment_absurd": ("receipts", "datenew = '9999-99-99 00:00:00'", "id"),
    "moment_number": ("receipts", "datenew = 17", "id"),
    "shift_unknown": ("receipts", "money = 'gone'", "id"),
    "attributes_huge": ("ticketlines", "attributes = zeroblob(300000)", "ticket"),
    "payment_unknown": ("payments", "payment = 'x'", "receipt"),
    "payment_not_text": ("payments", "payment = CAST(x'fffe' AS TEXT)", "receipt"),
    "transid_huge": ("payments", "transid = printf('%.300000c', 'A')", "receipt"),
}
_GONE = {"lines_gone": ("ticketlines", "ticket"), "payments_gone": ("payments", "receipt")}


@dataclass
class DatabaseTill:
    """A till with a file for a database."""

    name: str
    records: list[Record]

    @classmethod
    def of(cls, path: Path, seed: int, count: int, first: int) -> DatabaseTill:
        """Invent, write, damage."""
        choice, records = Choice(seed, "database"), list(blank_records("database", count, first))
        damages = dict.fromkeys((*_SQL, *_GONE), lambda data, _random: data)
        choice.prepare(records, damages)
        engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
        till = UnicentaTill(engine)
        till.create()
        for place, record in enumerate(records):
            _ring(till, choice, record, place)
        engine.dispose()
        return cls("database", records)


def _ring(till: UnicentaTill, choice: Choice, record: Record, place: int) -> None:
    random, plant = choice.random, by_kind(record.plants)
    basket = []
    for side in "ab":
        article = Article(f"{record.marker}{side}", random.randint(150, 9_999), "none")
        # Its key is its name there; what the till shows may hold what a cashier has typed.
        till.execute(
            "INSERT INTO <products> (id, name, reference, code, pricesell) "
            "VALUES (:id, :name, :reference, :code, :price)",
            id=article.name,
            name=f"{article.name} {plant('card')} {plant('cvv')}".strip(),
            reference=article.name,
            code=article.code,
            price=article.net,
        )
        basket.append((article, str(random.randint(1, 3))))
    with till.writing() as connection:
        rung = till.ring(
            NOON + timedelta(seconds=31 * place),
            basket,
            cards=[sum(article.price_minor * int(units) for article, units in basket)],
            into=connection,
        )
    record.total_minor, record.also = rung.total_minor, rung.id
    if record.plants:
        till.execute(
            "UPDATE <payments> SET transid = :secret WHERE receipt = :id",
            secret=f"{plant('card')} {plant('track')} auth code {plant('code')}",
            id=rung.id,
        )
    _spoil(till, record, rung.id)
    record.sent = record.wrote = (
        f"{rung.id} {' '.join(each.written for each in record.plants)}".encode()
    )


def _spoil(till: UnicentaTill, record: Record, receipt: str) -> None:
    if record.damage in _GONE:
        table, key = _GONE[record.damage]
        till.execute(f"DELETE FROM <{table}> WHERE {key} = :id", id=receipt)
    elif record.damage:
        table, what, key = _SQL[record.damage]
        till.execute(_TICKET.format(table=table, what=what, key=key), id=receipt)


_Spoil = Callable[[Odoo, Row, int], None]


def _order(**changes: Any) -> _Spoil:
    return lambda _odoo, order, _number: order.update(changes)


def _line(**changes: Any) -> _Spoil:
    def spoil(odoo: Odoo, _order: Row, number: int) -> None:
        rows = [row for row in odoo.table("pos.order.line") if row["order_id"][0] == number]
        rows[0].update(changes)

    return spoil


def _lines_gone(odoo: Odoo, _order: Row, number: int) -> None:
    rows = odoo.table("pos.order.line")
    rows[:] = [row for row in rows if row["order_id"][0] != number]


_ODOO: Mapping[str, _Spoil] = {
    "total_text": _order(amount_total="twelve"),
    "total_absurd": _order(amount_total=1e38),
    "total_nan": _order(amount_total=float("nan")),
    "total_list": _order(amount_total=[1]),
    "total_false": _order(amount_total=False),
    "total_fraction": _order(amount_total=12.345),
    "total_other": _order(amount_total=15.4),
    "moment_false": _order(date_order=False),
    "moment_text": _order(date_order="yesterday"),
    "moment_absurd": _order(date_order="9999-99-99 00:00:00"),
    "currency_false": _order(currency_id=False),
    "name_huge": _order(name="A" * 300_000),
    "lines_text": _order(lines="all of them"),
    "payments_nested": _order(payment_ids=[[[1]]]),
    "uuid_false": _order(uuid=False),
    "quantity_text": _line(qty="two"),
    "quantity_absurd": _line(qty=1e30),
    "amount_nan": _line(price_subtotal_incl=float("inf")),
    "amount_other": _line(price_subtotal_incl=99.99),
    "amount_false": _line(price_subtotal_incl=False),
    "product_object": _line(product_id={"id": 1}),
    "lines_gone": _lines_gone,
}


@dataclass
class OdooTill:
    """An Odoo's point of sale; ``odoo`` is served to whoever asks."""

    name: str
    records: list[Record]
    odoo: Odoo

    @classmethod
    def of(cls, seed: int, count: int, first: int) -> OdooTill:
        """Invent and damage."""
        choice, records = Choice(seed, "odoo"), list(blank_records("odoo", count, first))
        choice.prepare(records, dict.fromkeys(_ODOO, lambda data, _random: data))
        odoo = shop()
        for place, record in enumerate(records, 1):
            _add(odoo, record, place)
        return cls("odoo", records, odoo)


def _add(odoo: Odoo, record: Record, place: int) -> None:
    plant = by_kind(record.plants)
    order = odoo.add(place, name=f"{record.marker}c/{record.number}")
    for side, row in zip("ab", odoo.table("pos.order.line")[-2:], strict=True):
        row["full_product_name"] = f"{record.marker}{side} {plant('card')} {plant('cvv')}".strip()
    if record.plants:
        order["partner_id"] = [5, plant("name")]
        odoo.table("pos.payment")[-1]["card_no"] = plant("card")
    record.total_minor = 1_240
    record.sent = record.wrote = " ".join(
        [record.marker, *(each.written for each in record.plants)]
    ).encode()
    if record.damage:
        _ODOO[record.damage](odoo, order, place)

"""Orders that changed since a date, page by page, with all that belongs to them.

A pass goes by id: a change between two pages moves no order to another page, as it would in the
order of dates. What changes behind the pass's back is found by the next one, since the watermark is
the latest date that was seen *before* the pass began.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent.capture.pos.web.odoo.calling import Caller, Known, OdooRefused, Row
from agent.config.odoo import OdooSettings
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_STATES: Final = ("paid", "done", "invoiced", "cancel")
_ORDER: Final = (
    *("id", "name", "pos_reference", "uuid", "date_order", "write_date", "state", "currency_id"),
    *("amount_total", "amount_tax", "amount_paid", "amount_return", "lines", "payment_ids"),
    *("config_id", "session_id", "user_id", "employee_id", "partner_id"),
    *("refunded_order_id", "refunded_order_ids"),
)
_LINE: Final = (
    *("id", "order_id", "product_id", "full_product_name", "qty", "price_unit", "discount"),
    *("price_subtotal", "price_subtotal_incl", "product_uom_id"),
)
_PAYMENT: Final = ("id", "pos_order_id", "amount", "payment_method_id", "is_change", "card_no")
_PRODUCT: Final = ("id", "default_code", "barcode")
_PARTNER: Final = ("id", "phone", "mobile", "barcode")
_REFUNDED: Final = ("id", "name", "date_order")


@dataclass(frozen=True, slots=True)
class WholeOrder:
    """One order and what belongs to it.

    Attributes:
        products: by id, their codes.
        partner: phone and barcode of the customer; empty without one.
        refunded: the order that this one gives back; empty where it is none.
    """

    order: Row
    lines: list[Row]
    payments: list[Row]
    products: dict[int, Row] = field(default_factory=dict)
    partner: Row = field(default_factory=dict)
    refunded: Row = field(default_factory=dict)


class Orders:
    """Reads the orders of one Odoo. Used by one thread."""

    def __init__(self, settings: OdooSettings, caller: Caller) -> None:
        self._settings = settings
        self._caller = caller
        self._known = Known(caller)
        self._customers = settings.read_customers

    def latest(self) -> str:
        """The latest date of change of any order that counts; empty where there is none."""
        rows = self._caller.search_read(
            "pos.order", self._domain(), ["write_date"], "write_date desc, id desc", 1
        )
        return _text(rows[0].get("write_date")) if rows else ""

    def since(self, write_date: str) -> Iterator[list[WholeOrder]]:
        """Pages of the orders that changed then or later, by id.

        Raises:
            OdooUnavailable, OdooRefused: at any page; those before it stand.
        """
        after = 0
        while True:
            changed = [["write_date", ">=", write_date], ["id", ">", after]]
            page = self._caller.search_read(
                "pos.order",
                [*self._domain(), *changed],
                self._known.of("pos.order", _ORDER),
                "id asc",
                self._settings.page_orders,
            )
            # An Odoo that ignores what was asked must not keep us going round.
            fresh = [each for each in page if _id(each.get("id")) > after]
            if not fresh:
                return
            yield self._whole(fresh)
            after = max(_id(each.get("id")) for each in fresh)
            if len(page) < self._settings.page_orders:
                return

    def _domain(self) -> list[object]:
        domain: list[object] = [["state", "in", list(_STATES)]]
        if self._settings.config_ids:
            domain.append(["config_id", "in", list(self._settings.config_ids)])
        return domain

    def _whole(self, page: Sequence[Row]) -> list[WholeOrder]:
        lines = self._rows("pos.order.line", _ids_in(page, "lines"), _LINE)
        payments = self._rows("pos.payment", _ids_in(page, "payment_ids"), _PAYMENT)
        products = self._by_id("product.product", _ones_in(lines, "product_id"), _PRODUCT)
        partners = self._partners(page)
        refunded = self._by_id("pos.order", map(_refunded, page), _REFUNDED)
        return [
            WholeOrder(
                order,
                _of(lines, "order_id", order),
                _of(payments, "pos_order_id", order),
                products,
                partners.get(_id(order.get("partner_id")), {}),
                refunded.get(_refunded(order), {}),
            )
            for order in page
        ]

    def _partners(self, page: Sequence[Row]) -> dict[int, Row]:
        """Who the orders were for; a user who may not know that still reads the orders."""
        if not self._customers:
            return {}
        try:
            return self._by_id("res.partner", _ones_in(page, "partner_id"), _PARTNER)
        except OdooRefused:
            self._customers = False
            _LOG.warning(
                "odoo_customers_refused",
                effect="sales carry no customers until the agent is restarted",
                next_step="let the user read res.partner, or set read_customers = false",
            )
            return {}

    def _by_id(self, model: str, ids: Iterable[int], fields: Sequence[str]) -> dict[int, Row]:
        return {_id(row.get("id")): row for row in self._rows(model, ids, fields)}

    def _rows(self, model: str, ids: Iterable[int], fields: Sequence[str]) -> list[Row]:
        wanted = sorted({each for each in ids if each > 0})
        if not wanted:
            return []
        return self._caller.read(model, wanted, self._known.of(model, fields))


def _refunded(order: Row) -> int:
    one = _id(order.get("refunded_order_id"))
    many = order.get("refunded_order_ids")
    return one or (_id(many[0]) if isinstance(many, list) and many else 0)


def _of(rows: Sequence[Row], name: str, order: Row) -> list[Row]:
    return [row for row in rows if _id(row.get(name)) == _id(order.get("id"))]


def _ids_in(rows: Sequence[Row], name: str) -> Iterator[int]:
    for row in rows:
        found = row.get(name)
        yield from map(_id, found if isinstance(found, list) else ())


def _ones_in(rows: Sequence[Row], name: str) -> Iterator[int]:
    return (_id(row.get(name)) for row in rows)


def _id(value: object) -> int:
    """An id, or that of a many2one, which Odoo writes as ``[7, "its name"]``; 0 for none."""
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, int) and not isinstance(first, bool) else 0


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""

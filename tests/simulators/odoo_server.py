"""An Odoo as its JSON-RPC shows it, over real HTTP, which can misbehave in the ways that Odoos do.

Written from Odoo's documentation of its external API, not from our reader: it searches, orders and
limits its rows itself, writes dates in UTC to the second, numbers as binary fractions, and
many-to-one fields as ``[id, name]`` or ``false``.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from operator import itemgetter
from typing import Any

KEY = "odoo-key-0123456789"  # made up for these tests
_USER = 7
_ERROR = {"code": 200, "message": "Odoo Server Error"}
Row = dict[str, Any]


@dataclass
class Odoo:
    """What it holds, and how it errs.

    Attributes:
        tables: rows by model.
        fault: asked before every answer; what it gives is said instead: bytes as they are, a text
            as the name of an error.
        asked: model and method of every question, in order.
        after_page: called after each page of orders, to change something in between.
        denied: models that the user may not read.
    """

    tables: dict[str, list[Row]] = field(default_factory=dict)
    fault: Callable[[], bytes | str | None] = lambda: None
    asked: list[str] = field(default_factory=list)
    after_page: Callable[[], None] = lambda: None
    denied: set[str] = field(default_factory=set)
    delay_s: float = 0.0
    port: int = 0

    def add(self, number: int, **changes: Any) -> Row:
        """One paid order of two lines: 12.40 in cash of 20.00, tax 1.43 included."""
        order = {
            "id": number,
            "name": f"Shop/{number:04}",
            "pos_reference": f"Order 00001-001-{number:04}",
            "uuid": f"5f0c7a51-0000-4000-8000-{number:012}",
            "date_order": "2025-11-07 04:00:00",
            "write_date": f"2025-11-07 04:{number // 60:02}:{number % 60:02}",
            "state": "paid",
            "currency_id": [7, "CNY"],
            "amount_total": 12.4,
            "amount_tax": 1.43,
            "amount_paid": 12.4,
            "amount_return": 7.6,
            "lines": [number * 10, number * 10 + 1],
            "payment_ids": [number * 10, number * 10 + 1],
            "config_id": [1, "Shop"],
            "session_id": [3, "POS/0003"],
            "user_id": [2, "Mitchell Admin"],
            "employee_id": False,
            "partner_id": [5, "Li Lei"],
            "refunded_order_id": False,
            **changes,
        }
        self.table("pos.order").append(order)
        for at, (quantity, amount) in enumerate(((2.0, 2.4000000000000004), (0.5, 10.0))):
            self.table("pos.order.line").append(
                {
                    "id": number * 10 + at,
                    "order_id": [number, order["name"]],
                    "product_id": [at + 1, "[T1] Tea"],
                    "full_product_name": "Tea",
                    "qty": quantity,
                    "price_unit": amount / quantity,
                    "discount": 20.0 if at else 0.0,
                    "price_subtotal": round(amount / 1.13, 2),
                    "price_subtotal_incl": amount,
                }
            )
        for at, (paid, is_change) in enumerate(((20.0, False), (-7.6, True))):
            self.table("pos.payment").append(
                {
                    "id": number * 10 + at,
                    "pos_order_id": [number, order["name"]],
                    "amount": paid,
                    "payment_method_id": [1, "Cash"],
                    "is_change": is_change,
                    "card_no": False,
                }
            )
        return order

    def table(self, model: str) -> list[Row]:
        return self.tables.setdefault(model, [])

    def rows(self, model: str, domain: list[Any], order: str, limit: int) -> list[Row]:
        found = [row for row in self.table(model) if all(_holds(row, each) for each in domain)]
        for part in reversed(order.split(",")):
            name, _, way = part.strip().partition(" ")
            found.sort(key=itemgetter(name), reverse=way == "desc")
        return found[:limit]


def _holds(row: Row, leaf: list[Any]) -> bool:
    name, operator, value = leaf
    held = row[name][0] if isinstance(row[name], list) else row[name]
    match operator:
        case "in":
            return held in value
        case ">=":
            return bool(held >= value)
        case ">":
            return bool(held > value)
        case _:
            raise AssertionError(operator)


def shop() -> Odoo:
    """An Odoo with products, a customer and no orders."""
    odoo = Odoo()
    odoo.tables["product.product"] = [
        {"id": 1, "default_code": "T1", "barcode": "6901234567892"},
        {"id": 2, "default_code": False, "barcode": False},
    ]
    odoo.tables["res.partner"] = [{"id": 5, "phone": "13800138000", "barcode": "0421234567"}]
    odoo.tables["pos.order"] = []
    return odoo


@contextmanager
def serving(odoo: Odoo, port: int = 0) -> Iterator[str]:
    """The Odoo's URL while it runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if odoo.delay_s:
                time.sleep(odoo.delay_s)
            said = odoo.fault()
            body = said if isinstance(said, bytes) else _answer(odoo, question, said or "")
            with suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Nothing on the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    odoo.port = server.server_address[1]
    try:
        yield f"http://127.0.0.1:{odoo.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(odoo: Odoo, question: Row, fault: str) -> bytes:
    answer: Row = {"jsonrpc": "2.0", "id": question["id"]}
    params = question["params"]
    try:
        answer["result"] = _served(odoo, params["service"], params["args"], fault)
    except _Refused as refused:
        data = {"name": str(refused), "message": "13800138000", "debug": "Traceback 13800138000"}
        answer["error"] = {**_ERROR, "data": data}
    return json.dumps(answer).encode()


class _Refused(Exception):
    """What Odoo raises, by its name."""


def _served(odoo: Odoo, service: str, arguments: list[Any], fault: str) -> object:
    if fault:
        raise _Refused(fault)
    if service == "common":
        return _USER if arguments[2] == KEY else False
    _, user, key, model, method, given, more = arguments
    if (user, key) != (_USER, KEY):
        raise _Refused("odoo.exceptions.AccessDenied")
    odoo.asked.append(f"{model} {method}")
    if model in odoo.denied:
        raise _Refused("odoo.exceptions.AccessError")
    if method == "fields_get":
        return {name: {"type": "char"} for row in odoo.table(model)[:1] for name in row}
    if method == "read":
        rows = [row for row in odoo.table(model) if row["id"] in given[0]]
    else:
        rows = odoo.rows(model, given[0], more["order"], more["limit"])
    told = [{name: row[name] for name in ("id", *more["fields"])} for row in rows]
    if model == "pos.order" and method == "search_read" and more["limit"] > 1:
        odoo.after_page()
    return told

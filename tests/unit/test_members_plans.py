"""No step and no look-up reads a whole table: its cost must not grow with the years."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from tests.simulators.facts import a_sale, revised
from tests.simulators.little_ledger import STORE, TENANT, LittleLedger, card, phone
from tests.simulators.second_sources import polled, printed

ONE = "+8613976215437"
TABLES = (
    *("sale", "sale_source", "member", "identifier", "claim", "source_record", "evidence"),
    *("card", "card_shop", "card_feed"),
)


class Statements:
    """Every statement that an engine executes, with one set of its parameters."""

    def __init__(self, engine: Engine) -> None:
        self.seen: dict[str, Any] = {}
        event.listen(engine, "before_cursor_execute", self._note)

    def _note(self, *arguments: Any) -> None:
        _, _, statement, parameters, _, many = arguments
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            self.seen.setdefault(statement, parameters[0] if many else parameters)

    def steps(self, engine: Engine) -> list[str]:
        """The steps of the query plans."""
        connection = engine.raw_connection()
        steps = [
            str(row[3])
            for statement, parameters in self.seen.items()
            for row in connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
        connection.close()
        return steps

    def table_scans(self, engine: Engine) -> list[str]:
        """Steps of the query plans that read all of a table."""
        return [
            step
            for step in self.steps(engine)
            if step.startswith("SCAN") and step.split()[1] in TABLES
        ]


def test_no_step_and_no_look_up_reads_a_whole_table(tmp_path: Path) -> None:
    shop = LittleLedger(tmp_path)
    shop.sale(a_sale(1, phone=ONE, card="8812", family_name="王"))
    shop.fold()
    statements = Statements(shop.engine)
    shop.sale(a_sale(2, phone=ONE, card="8812"))
    shop.sale(a_sale(2, phone=ONE, total_minor=7))
    shop.register(phone(ONE, verified=True), card("8813"), family_name="王")
    shop.fold(batch=1)
    (holder,) = shop.directory.find_by_phone(TENANT, ONE)
    shop.directory.explain(TENANT, holder.one_id)
    shop.feed.page(TENANT, STORE, 0)
    shop.feed.card(TENANT, holder.one_id)
    shop.figures.latest(TENANT, STORE)
    shop.figures.by_hour(TENANT, STORE, a_sale().business_day_date)
    assert len(statements.seen) > 30
    assert statements.table_scans(shop.engine) == []
    shop.close()


def test_echoes_are_found_by_their_indexes(tmp_path: Path) -> None:
    shop = LittleLedger(tmp_path)
    statements = Statements(shop.engine)
    sale = a_sale(1, phone=ONE)
    for each in (printed(sale), sale, polled(sale), revised(sale, total_minor=7), a_sale(2)):
        shop.sale(each)
    shop.fold(batch=1)
    shop.card_of(ONE)
    steps = statements.steps(shop.engine)
    for index in ("sale_likeness", "sale_echo", "sqlite_autoindex_sale_source_1"):
        assert [step for step in steps if f" INDEX {index} " in step], index
    assert statements.table_scans(shop.engine) == []
    shop.close()

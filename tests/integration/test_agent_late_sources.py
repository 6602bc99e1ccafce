"""A real agent reads a till's database and takes posts, and a broken one disturbs no other."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

from sqlalchemy import NullPool, create_engine
from typer.testing import CliRunner

from agent.cli import app
from agent.health.alarms import AlarmKind
from tests.simulators.many_tills import ManyTills
from tests.simulators.odoo_server import KEY, serving, shop
from tests.simulators.polled_till import NOON
from tests.simulators.processes import ROOT, eventually, free_port
from tests.simulators.till_tables import ARTICLES, UnicentaTill

_TOKEN = "t" * 64


def _sections(root: Path, port: int) -> str:
    return f"""
[[database]]
name = "counter"
address = "sqlite://{root}/till.db"
currency = "CNY"
poll_s = 0.1
history_days = 3650

[[web]]
name = "door"
token_file = "{root}/token"
port = {port}

[[odoo]]
name = "books"
url = "http://127.0.0.1:1"
database = "shop"
login = "reader"
key_file = "{root}/no-such-key"
"""


def _post(port: int, number: str) -> int:
    sale = {
        "number": number,
        "workstation": "3",
        "business_day": "2025-11-07",
        "ended_at": "2025-11-07T12:30:00+08:00",
        "currency": "CNY",
        "total_minor": 990,
        "lines": [{"item_id": "A1", "quantity": "1", "amount_minor": 990}],
        "tenders": [{"type": "cash", "amount_minor": 990}],
    }
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/transactions",
        json.dumps(sale).encode(),
        {"Authorization": f"Bearer {_TOKEN}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return int(answer.status)


def _secret(file: Path, text: str) -> None:
    file.touch(0o600)
    file.write_text(text, "utf-8")


def test_database_and_door_are_captured_from_while_an_odoo_cannot_start(tmp_path: Path) -> None:
    port = free_port()
    _secret(tmp_path / "token", _TOKEN)
    till = UnicentaTill(create_engine(f"sqlite:///{tmp_path}/till.db", poolclass=NullPool))
    till.create()
    till.ring(NOON, [(ARTICLES[3], "1")])
    with ManyTills(tmp_path, extra=_sections(tmp_path, port)) as box:
        box.start()
        assert eventually(lambda: box.sold() == 1), box.log()
        assert eventually(lambda: box.source("door").started), box.log()
        assert _post(port, "41") == 201
        assert box.sold() == 2, "answered means that it is in the outbox"
        box.append([1])
        assert eventually(lambda: box.sold() == 3), "the journal goes on beside them"

        assert eventually(lambda: box.source("counter").sales == 1)
        assert eventually(lambda: box.source("door").sales == 1)
        books = box.source("books")
        assert not books.started
        assert "no-such-key" in books.blocked
        assert (AlarmKind.TILL_BLOCKED, "books") in {
            (each.alarm, each.about) for each in box.status().alarms
        }
        said = CliRunner().invoke(app, ["status", "--config", str(box.file)]).output
        assert "database     counter: ready; 1 sales; last one " in said
        assert "web          door: ready; 1 sales; last one " in said
        assert "odoo         books: NOT STARTED: " in said
        assert box.config.capabilities[-3:] == ("database", "web", "odoo")


def test_an_odoo_is_asked_and_its_orders_are_captured(tmp_path: Path) -> None:
    odoo = shop()
    odoo.add(1)
    odoo.add(2, amount_total=12.345)
    with serving(odoo) as url:
        section = f"""
[[odoo]]
name = "books"
url = "{url}"
database = "shop"
login = "till"
key_file = "{tmp_path}/key"
poll_s = 0.2
first_days = 3650
"""
        with ManyTills(tmp_path, extra=section) as box:
            box.start()
            assert eventually(lambda: not box.source("books").started), "it has no key yet"
            _secret(tmp_path / "key", KEY)
            assert eventually(lambda: box.sold() == 1, 30), box.log()
            odoo.add(3)
            assert eventually(lambda: box.sold() == 2, 30), box.log()
            assert eventually(lambda: box.source("books").sales == 2)
            books = box.source("books")
            assert (books.set_aside, books.blocked, books.at_ease) == (1, "", True)
            assert "13800138000" not in box.log()


def test_what_was_broken_is_taken_up_once_it_is_mended(tmp_path: Path) -> None:
    port = free_port()
    with ManyTills(tmp_path, extra=_sections(tmp_path, port)) as box:
        box.start()
        assert eventually(lambda: bool(box.source("counter").blocked)), "no such file"
        assert not box.source("door").started, "no such file of tokens"
        _secret(tmp_path / "token", _TOKEN)
        assert eventually(lambda: box.source("door").started), box.log()
        assert _post(port, "41") == 201


def test_a_box_with_none_of_them_loads_nothing_of_them() -> None:
    asked = (
        "import sys, agent.app, agent.cli, agent.capture.sources; "
        "print([n for n in sys.modules if n.startswith(('agent.capture.pos.database', "
        "'agent.capture.pos.web', 'sqlalchemy', 'agent.capture.sources.late'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"

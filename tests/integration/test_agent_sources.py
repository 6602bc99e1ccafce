"""A real agent captures from every kind of till at once, and none of them disturbs another."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli import app
from agent.health.alarms import AlarmKind
from models.wire.topics import Stream
from tests.simulators.many_tills import ManyTills, printed
from tests.simulators.printing_till import PrintingTill, print_jobs
from tests.simulators.processes import ROOT, eventually


@pytest.fixture
def box(tmp_path: Path) -> Iterator[ManyTills]:
    with ManyTills(tmp_path) as box:
        yield box


def test_journal_tap_print_queue_and_poslog_side_by_side(box: ManyTills) -> None:
    box.append(range(1, 4))
    box.start()
    box.print(1, 2)
    box.queue(1)
    box.sell(1)
    assert eventually(lambda: box.sold() == 7), box.log()
    assert bytes(box.printer.jobs[0].data) == printed(1, 2), "the printer was given every byte"

    box.append([4])
    box.rotate()
    box.append([5])
    box.print(2)
    assert eventually(lambda: box.sold() == 9), "a reprint adds nothing, a rotation loses nothing"

    assert eventually(lambda: box.source("front").prints == 3)
    assert eventually(lambda: box.source("taps").sales == 3)
    assert eventually(lambda: (box.source("orders").sales, box.source("back").sales) == (5, 1))
    said = CliRunner().invoke(app, ["status", "--config", str(box.file)]).output
    assert "journal      orders: 0 bytes to read; 5 sales; last one " in said
    assert "tap          front: ready; 3 receipts; last one " in said
    assert "prints       back: 0 files waiting; 1 files, 1 sales; last one " in said
    assert box.config.capabilities == ("poslog", "journal", "tap", "prints")
    assert not any(box.root.glob("data/quarantine/*"))


def test_kill_9_in_the_middle_loses_nothing(box: ManyTills) -> None:
    box.start()
    owed = 0
    for life in range(3):
        first = life * 100
        selling = threading.Thread(target=_sell_all, args=(box, first))
        selling.start()
        assert _sold_more_than(box, owed)
        box.kill()
        selling.join(20)
        box.start()
        # What was printed while nobody answered was refused, and the till prints it again.
        box.print(*range(first, first + 10))
        owed += 10 + 10 + 2
        assert _sold_exactly(box, owed), (life, box.sold())
    assert box.sold() == owed


def test_a_receipt_that_kill_9_has_torn_is_set_aside_in_sight(box: ManyTills) -> None:
    box.append([])
    box.start()
    opened = box.root / "data" / "prints" / "open"
    with PrintingTill(box.port) as till:
        till.print(printed(1, 2)[:-60])
        assert eventually(lambda: any(each.stat().st_size > 300 for each in opened.iterdir()))
        box.kill()
    box.start()
    assert eventually(lambda: box.source("taps").set_aside == 1), box.log()
    assert eventually(
        lambda: [alarm.alarm for alarm in box.status().alarms] == [AlarmKind.FILES_QUARANTINED]
    )
    assert box.sold() == 0, "half a receipt is no sale"
    assert eventually(lambda: _told(box) == 1), box.log()
    said = CliRunner().invoke(app, ["quarantine", "retry", "--all", "--config", str(box.file)])
    assert "1 to be read again" in said.output
    assert eventually(lambda: _told(box) == 3), "one stay ended, and another began"
    box.print(1)
    assert eventually(lambda: box.sold() == 1), "the till printed it again"


def _told(box: ManyTills) -> int:
    """Facts of the quarantine that wait in the outbox."""
    return sum(each.pending for each in box.status().streams if each.stream == Stream.GUIDE)


def _sold_more_than(box: ManyTills, count: int) -> bool:
    return eventually(lambda: box.sold() > count)


def _sold_exactly(box: ManyTills, count: int) -> bool:
    return eventually(lambda: box.sold() == count, 30)


def _sell_all(box: ManyTills, first: int) -> None:
    box.queue(first, first + 1)
    for number in range(first, first + 10):
        box.append([number])
        with suppress(OSError):
            print_jobs(box.port, [printed(number, 2)])


def test_a_source_that_cannot_start_is_said_and_the_others_run(box: ManyTills) -> None:
    (box.root / "queue").rmdir()
    with socket.create_server(("127.0.0.1", box.port)):
        box.append([1])
        box.start()
        assert eventually(lambda: box.sold() == 1), box.log()
        assert eventually(lambda: not box.source("back").present)
        front = box.source("front")
        assert not front.started
        assert "end the other program that uses it" in front.blocked
        alarms = {(alarm.alarm, alarm.about) for alarm in box.status().alarms}
        assert (AlarmKind.TAP_DOWN, "front") in alarms
        assert (AlarmKind.TILL_FOLDER_MISSING, "back") in alarms
        told = CliRunner().invoke(app, ["status", "--json", "--config", str(box.file)]).output
        sources = {each["name"]: each for each in json.loads(told)["sources"]}
        assert list(sources) == ["orders", "front", "taps", "back"]
    (box.root / "queue").mkdir()
    assert eventually(lambda: box.source("front").started), "the port is free again"
    box.print(1)
    box.queue(1)
    assert eventually(lambda: box.sold() == 3)
    assert eventually(lambda: not box.status().alarms), box.status().alarms


def test_a_tap_that_finds_no_room_prints_on_and_says_so(box: ManyTills) -> None:
    box.append([])
    box.start()
    opened = box.root / "data" / "prints" / "open"
    opened.rmdir()
    opened.write_bytes(b"")  # nothing can be written down here
    box.print(1)
    assert bytes(box.printer.jobs[0].data) == printed(1, 2), "the cashier notices nothing"
    assert eventually(lambda: box.source("front").out_of_room), box.log()
    refused = (AlarmKind.SALE_REFUSED, "front")
    assert eventually(lambda: refused in {(each.alarm, each.about) for each in box.status().alarms})
    opened.unlink()
    opened.mkdir()
    assert eventually(lambda: box.sold() == 1, 30), "what was printed meanwhile is not lost"
    assert eventually(lambda: not box.source("front").out_of_room)
    assert eventually(lambda: not box.status().alarms), box.status().alarms


def test_receipts_of_a_tap_that_is_configured_no_more_are_not_lost_from_sight(
    box: ManyTills,
) -> None:
    box.start()
    box.kill()
    text = box.file.read_text("utf-8")
    slip = b'LKSLIP1 {"printer":"old"}\n' + printed(7, 2)
    (box.root / "data" / "prints" / "waiting" / "old.print").write_bytes(slip)
    box.start()
    assert eventually(lambda: box.source("taps").set_aside == 1)
    [note] = box.root.glob("data/quarantine/*.json")
    assert "'old', which is configured no more" in json.loads(note.read_bytes())["reason"]
    box.kill()
    box.file.write_text(text.replace('name = "front"', 'name = "old"'), "utf-8")
    put_back = ["quarantine", "retry", "--all", "--config", str(box.file)]
    assert CliRunner().invoke(app, put_back).exit_code == 0
    box.start()
    assert eventually(lambda: box.sold() == 1), "put back, it became a sale"


def test_a_box_without_such_tills_loads_nothing_of_them() -> None:
    asked = (
        "import sys, agent.app, agent.cli; "
        "print([n for n in sys.modules if n.startswith(('agent.capture.sources', "
        "'agent.capture.pos.tap', 'agent.capture.pos.journal', 'agent.capture.pos.receipts'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"

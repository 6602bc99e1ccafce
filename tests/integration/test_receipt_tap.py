"""A tap in front of a printer: printing is what it was, and everything printed is written down."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.capture.pos.escpos import Ending, PaperRoll, PrinterProfile
from agent.capture.pos.tap import ReceiptTap, SheetFolder, TapSettings
from agent.errors import BadConfiguration
from models.runtime.clock import SystemClock
from tests.simulators.network_printer import READY, NetworkPrinter
from tests.simulators.printing_till import CUT, INIT, PULSE, PrintingTill, logo, print_jobs, receipt
from tests.simulators.processes import ROOT, eventually
from tests.simulators.tapped_shop import SEALER, TappedShop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TappedShop]:
    with TappedShop(tmp_path) as shop:
        yield shop


def test_a_job_is_printed_unchanged_and_written_down(shop: TappedShop) -> None:
    job = INIT + logo() + receipt(1)
    print_jobs(shop.port, [job])
    assert shop.printed() == job
    assert shop.printer.jobs[0].ended == "end"
    assert shop.soon(lambda: shop.status.prints == 1)
    (sheet,) = shop.sheets()
    assert sheet.raw == job
    assert sheet.whole
    (seen,) = shop.receipts()
    assert "RECEIPT 00000001" in seen.text
    status = shop.status
    assert (status.jobs, status.forwarded_bytes, status.lost_bytes) == (1, len(job), 0)
    assert (status.failures, status.broken_prints, status.blocked) == (0, 0, "")


def test_the_printer_is_given_bytes_before_they_are_complete(shop: TappedShop) -> None:
    with PrintingTill(shop.port) as till:
        till.print(b"\x1b")
        assert shop.soon(lambda: bool(shop.printer.jobs) and shop.printed() == b"\x1b")
        till.print(b"@TOT")
        assert shop.soon(lambda: shop.printed() == b"\x1b@TOT")


def test_answers_go_back_to_the_till(shop: TappedShop) -> None:
    with PrintingTill(shop.port) as till:
        assert till.ask() == READY
        till.print(receipt(1))
        assert till.ask() == READY
        shop.printer.say(b"\x14\x00\x00\x0f")
        assert till.hear(4) == b"\x14\x00\x00\x0f"
        assert till.finish() == b""


def test_several_receipts_on_one_connection_are_several(shop: TappedShop) -> None:
    with PrintingTill(shop.port) as till:
        till.print(receipt(1) + PULSE + receipt(2))
        assert shop.soon(lambda: shop.status.prints == 2)  # the till is still connected
        till.print(receipt(3), PULSE)
        till.finish()
    assert shop.soon(lambda: shop.status.prints == 3)
    sheets = shop.sheets()
    assert b"".join(sheet.raw for sheet in sheets) == receipt(1) + PULSE + receipt(2) + receipt(3)
    closings = [sheet.closing for sheet in sheets]
    assert [closing and closing.ended for closing in closings] == [Ending.CUT] * 3


def test_several_connections_for_one_receipt_are_several_sheets(shop: TappedShop) -> None:
    print_jobs(shop.port, [b"TOTAL 14.25\n", b"Thank you\n" + CUT])
    assert shop.soon(lambda: shop.status.prints == 2)
    assert [seen.text for seen in shop.receipts()] == ["TOTAL 14.25", "Thank you"]


def test_a_pause_ends_a_receipt_without_a_cut(tmp_path: Path) -> None:
    with TappedShop(tmp_path, pause_s=1.0) as shop, PrintingTill(shop.port) as till:
        till.print(receipt(1, cut=False))
        assert shop.soon(lambda: shop.status.prints == 1)
        till.print(receipt(2, cut=False))
        assert shop.soon(lambda: shop.status.prints == 2)
        endings = [sheet.closing and sheet.closing.ended for sheet in shop.sheets()]
        assert endings == [Ending.PAUSE] * 2


def test_a_jam_in_mid_receipt_is_no_pause(tmp_path: Path) -> None:
    printer = NetworkPrinter(small_buffers=True)
    with TappedShop(tmp_path, printer=printer, pause_s=2.0, buffer_bytes=1 << 30) as shop:
        printer.jam()
        job = logo(72, 4000) * 20 + b"TOTAL 14.25\n"
        printing = threading.Thread(target=print_jobs, args=(shop.port, [job], 30.0))
        printing.start()
        assert shop.soon(lambda: shop.status.forwarded_bytes > 100_000)
        time.sleep(4.0)  # two pauses, were it one
        assert shop.status.prints == 0
        printer.mend()
        printing.join(30)
        assert shop.soon(lambda: shop.status.prints == 1)
        assert shop.printed() == job


def test_a_till_that_says_all_still_hears_the_printer(shop: TappedShop) -> None:
    shop.printer.closes = False
    with PrintingTill(shop.port) as till:
        till.print(receipt(1))
        till.socket.shutdown(socket.SHUT_WR)
        assert shop.soon(lambda: any(job.ended == "end" for job in shop.printer.jobs))
        shop.printer.say(b"done")
        assert till.hear(4) == b"done"


def test_a_printer_that_says_all_still_hears_the_till(shop: TappedShop) -> None:
    with PrintingTill(shop.port) as till:
        till.print(b"first\n")
        assert shop.soon(lambda: bool(shop.printer.jobs))
        shop.printer.end_saying()
        assert till.hear(1) == b""
        till.print(b"second\n")
        assert shop.soon(lambda: shop.printed() == b"first\nsecond\n")


def test_a_till_that_is_killed_is_a_reset_at_the_printer(shop: TappedShop) -> None:
    till = PrintingTill(shop.port)
    till.print(b"TOTAL 14.25\n")
    assert shop.soon(lambda: bool(shop.printer.jobs) and shop.printed() != b"")
    till.reset()
    assert shop.printer.jobs[0].over.wait(30)
    assert shop.printer.jobs[0].ended == "reset"
    assert shop.soon(lambda: shop.status.prints == 1)


def test_a_till_that_is_killed_behind_a_jam_is_a_reset_too(tmp_path: Path) -> None:
    printer = NetworkPrinter(small_buffers=True)
    with TappedShop(tmp_path, printer=printer) as shop:
        printer.jam()
        till = PrintingTill(shop.port, small_buffers=True)
        till.push(bytes(65536), 400)
        till.reset()
        assert shop.soon(lambda: shop.status.connections == 0)
        printer.mend()
        assert printer.jobs[0].over.wait(30)
        assert printer.jobs[0].ended == "reset"


def test_a_printer_that_breaks_off_is_a_reset_at_the_till(shop: TappedShop) -> None:
    with PrintingTill(shop.port) as till:
        till.print(b"TOTAL 14.25\n")
        assert shop.soon(lambda: bool(shop.printer.jobs) and shop.printed() != b"")
        shop.printer.reset()
        with pytest.raises(ConnectionResetError):
            till.hear(1)


def test_a_slow_printer_holds_up_the_till(tmp_path: Path) -> None:
    printer = NetworkPrinter(small_buffers=True)
    with TappedShop(tmp_path, printer=printer, buffer_bytes=1 << 30) as shop:
        printer.jam()
        with PrintingTill(shop.port, small_buffers=True) as till:
            sent = till.push(bytes(65536), 2000)
            assert sent < 64 << 20  # what sockets hold, and not a byte more
            assert shop.status.forwarded_bytes <= sent


def test_a_dead_printer_refuses_tills_until_it_is_back(shop: TappedShop) -> None:
    shop.printer.vanish()
    with pytest.raises(ConnectionResetError):  # a clean end would be a receipt lost unnoticed
        print_jobs(shop.port, [receipt(1)])
    assert shop.soon(lambda: not shop.status.listening)
    status = shop.status
    assert (status.reachable, status.prints, status.jobs) == (False, 0, 0)
    assert "refused" in status.unreachable_why
    with pytest.raises(ConnectionRefusedError):
        PrintingTill(shop.port)
    shop.printer.come_back()
    assert shop.soon(lambda: shop.status.listening)
    print_jobs(shop.port, [receipt(1)])
    assert shop.soon(lambda: shop.status.prints == 1)
    assert shop.status.reachable


def test_many_tills_print_at_once(shop: TappedShop) -> None:
    tills = [PrintingTill(shop.port) for _ in range(12)]
    order = random.Random(3)
    jobs = {number: receipt(number) for number in range(12)}
    for at in range(0, max(map(len, jobs.values())), 16):
        for number in order.sample(range(12), 12):
            tills[number].print(jobs[number][at : at + 16])
    for till in tills:
        till.finish()
        till.close()
    assert shop.soon(lambda: shop.status.prints == 12)
    assert sorted(sheet.raw for sheet in shop.sheets()) == sorted(jobs.values())
    assert sorted(bytes(job.data) for job in shop.printer.jobs) == sorted(jobs.values())


def test_more_tills_than_are_let_in_wait_their_turn(tmp_path: Path) -> None:
    with TappedShop(tmp_path, most_connections=1) as shop:
        with PrintingTill(shop.port) as first, PrintingTill(shop.port) as second:
            first.print(receipt(1))
            second.print(receipt(2))
            assert shop.soon(lambda: shop.status.prints == 1)
            assert len(shop.printer.jobs) == 1
            first.finish()
            assert second.ask() == READY
            second.finish()
        assert shop.printed(1).startswith(receipt(2))


def test_a_full_disk_stops_no_printing_and_loses_nothing(shop: TappedShop) -> None:
    opened = shop.folder.waiting.parent / "open"
    opened.rmdir()
    opened.write_bytes(b"")  # nothing can be written down here
    print_jobs(shop.port, [receipt(1), receipt(2)])
    assert [bytes(job.data) for job in shop.printer.jobs] == [receipt(1), receipt(2)]
    assert shop.soon(lambda: bool(shop.status.blocked))
    assert shop.status.out_of_room
    opened.unlink()
    opened.mkdir()
    assert shop.soon(lambda: shop.status.prints == 2)
    assert (shop.status.blocked, shop.status.out_of_room) == ("", False)
    assert [sheet.raw for sheet in shop.sheets()] == [receipt(1), receipt(2)]
    assert all(sheet.whole for sheet in shop.sheets())


def test_what_finds_no_room_is_a_gap_that_can_be_seen(tmp_path: Path) -> None:
    with TappedShop(tmp_path, buffer_bytes=6000) as shop:
        opened = shop.folder.waiting.parent / "open"
        opened.rmdir()
        opened.write_bytes(b"")
        with PrintingTill(shop.port) as till:
            for number in range(60):
                till.print(receipt(number))
                till.ask()
            opened.unlink()
            opened.mkdir()
            assert shop.soon(lambda: shop.status.blocked == "" and shop.status.prints > 0)
            assert shop.soon(lambda: not _waits(shop))
            till.print(receipt(60))
            till.finish()
        assert shop.soon(lambda: shop.status.connections == 0 and not _waits(shop))
        assert shop.soon(lambda: any("00000060" in seen.text for seen in shop.receipts()))
        sheets = shop.sheets()
        lost = [sheet.closing.lost_bytes for sheet in sheets if sheet.closing]
        assert shop.status.lost_bytes == sum(lost) > 0
        assert shop.status.broken_prints == len([each for each in sheets if not each.whole]) > 0
        kept = sum(len(sheet.raw) for sheet in sheets)
        assert kept + sum(lost) >= shop.status.forwarded_bytes - 1000  # but for status requests
        assert bytes(shop.printer.jobs[0].data).count(b"RECEIPT") == 61


def _waits(shop: TappedShop) -> bool:
    """Whether the recorder is behind."""
    return shop.tap._carbon.filled.is_set()


def test_nothing_printed_can_be_read_on_the_disk(shop: TappedShop) -> None:
    print_jobs(shop.port, [b"13912345678 TOTAL 14.25\n" + CUT])
    assert shop.soon(lambda: shop.status.prints == 1)
    for path in shop.folder.waiting.rglob("*"):
        assert b"139" not in path.read_bytes()


def test_a_taken_port_is_said_at_the_start(tmp_path: Path) -> None:
    with TappedShop(tmp_path) as shop, socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        tap = ReceiptTap(
            TapSettings("127.0.0.1", shop.printer.port, host="127.0.0.1", port=port),
            shop.folder,
            profile=PrinterProfile(),
            clock=SystemClock(),
            random=lambda: 0.0,
            random_bytes=os.urandom,
        )
        with pytest.raises(BadConfiguration, match=f"port {port}"):
            tap.start()


def test_a_tap_that_is_stopped_lets_a_receipt_end(tmp_path: Path) -> None:
    with TappedShop(tmp_path) as shop, PrintingTill(shop.port) as till:
        till.print(receipt(1)[:40])
        assert shop.soon(lambda: shop.status.connections == 1)
        stopping = subprocess.Popen([sys.executable, "-c", "pass"])
        stopping.wait(30)
        till.print(receipt(1)[40:])
        till.finish()
        shop.tap.stop(grace_s=5.0)
        assert shop.printed() == receipt(1)
        assert [sheet.raw for sheet in shop.sheets()] == [receipt(1)]


def test_a_crash_in_mid_receipt_keeps_what_came(tmp_path: Path) -> None:
    with NetworkPrinter() as printer:
        program = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.simulators.tap_program",
                str(tmp_path),
                f"{printer.port}",
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert program.stdout is not None
        try:
            with PrintingTill(int(program.stdout.readline())) as till:
                till.print(receipt(1), receipt(2)[:60])
                opened, waiting = (tmp_path / "prints" / each for each in ("open", "waiting"))
                assert eventually(lambda: any(waiting.iterdir()))
                assert eventually(
                    lambda: any(each.stat().st_size > 200 for each in opened.iterdir())
                )
        finally:
            program.send_signal(signal.SIGKILL)
            program.wait(30)
            program.stdout.close()
    folder = SheetFolder(tmp_path / "prints", SEALER)
    assert folder.prepare() == 1
    first, second = (
        folder.read(path.read_bytes(), path.name) for path in sorted(folder.waiting.iterdir())
    )
    assert (first.raw, first.whole) == (receipt(1), True)
    assert (second.raw, second.whole, second.closing) == (receipt(2)[:60], False, None)


def test_stopping_twice_is_stopping_once(shop: TappedShop) -> None:
    shop.tap.stop(grace_s=0.1)
    shop.tap.stop(grace_s=0.1)
    with pytest.raises(ConnectionRefusedError):
        PrintingTill(shop.port)
    assert PaperRoll(PrinterProfile()).blank
    shutil.rmtree(shop.folder.waiting)

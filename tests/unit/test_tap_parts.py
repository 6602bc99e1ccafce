"""A tap's parts: the bounded copy, the recorder when our own parser fails, settings."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.capture.pos.escpos import PaperRoll, PrinterProfile, ReceiptPrint
from agent.capture.pos.tap import SheetFolder, TapSettings, TapStatus
from agent.capture.pos.tap.carbon import CarbonCopy, Copied, Lost
from agent.capture.pos.tap.recorder import Recorder
from agent.capture.pos.tap.relay import Relay
from agent.capture.pos.tap.status import Board
from models.runtime.backoff import Backoff
from models.runtime.clock import SystemClock
from tests.simulators.clocks import HandClock
from tests.simulators.network_printer import NetworkPrinter
from tests.simulators.printing_till import print_jobs, receipt
from tests.simulators.processes import eventually
from tests.simulators.tapped_shop import SEALER


class FaultyRoll(PaperRoll):
    """A parser with a mistake in it: the word BUG breaks it."""

    def feed(self, chunk: bytes) -> list[ReceiptPrint]:
        if b"BUG" in chunk:
            raise IndexError("14.25")
        return super().feed(chunk)


class FaultyCopy:
    """A copy that can do nothing."""

    def opened(self, number: int) -> None:
        raise RuntimeError(number)

    def copied(self, number: int, data: bytes) -> int:
        raise RuntimeError(number, data)

    def paused(self, number: int) -> None:
        raise RuntimeError(number)

    def closed(self, number: int) -> None:
        raise RuntimeError(number)


def recorded(folder: SheetFolder, *chunks: bytes) -> TapStatus:
    """What a recorder says of one connection, when it is done."""
    carbon, board = CarbonCopy(1 << 20), Board()
    recorder = Recorder(
        "bar",
        carbon,
        folder,
        new_roll=partial(FaultyRoll, PrinterProfile()),
        board=board,
        clock=HandClock(),
        backoff=Backoff(lambda: 0.5),
        random=Random(7).randbytes,
    )
    carbon.opened(1)
    for chunk in chunks:
        assert carbon.copied(1, chunk) == 0
    carbon.closed(1)
    recorder.stop()
    recorder.run()
    return board.status


@pytest.fixture
def folder(tmp_path: Path) -> SheetFolder:
    folder = SheetFolder(tmp_path, SEALER)
    folder.prepare()
    return folder


def sheets(folder: SheetFolder) -> list[bytes]:
    paths = sorted(folder.waiting.iterdir())
    return [folder.read(path.read_bytes(), path.name).raw for path in paths]


def test_a_parser_that_fails_costs_no_byte(folder: SheetFolder) -> None:
    status = recorded(folder, receipt(1), b"BUG\n", receipt(2), b"BUG again\n")
    assert sheets(folder) == [receipt(1), b"BUG\n" + receipt(2) + b"BUG again\n"]
    assert (status.failures, status.prints, status.lost_bytes) == (1, 2, 0)


def test_white_paper_is_not_written_down(folder: SheetFolder) -> None:
    status = recorded(folder, b"\x1b@", b"\x1bp\x00\x19\xfa", b"\n\n")
    assert sheets(folder) == []
    assert status.prints == 0


def test_settings_before_a_receipt_are_part_of_it(folder: SheetFolder) -> None:
    recorded(folder, b"\x1bt\x02", "Québec\n".encode("cp850"))
    assert sheets(folder) == [b"\x1bt\x02" + "Québec\n".encode("cp850")]


def test_a_broken_copy_stops_no_printing() -> None:
    with NetworkPrinter() as printer:
        board = Board()
        settings = TapSettings("127.0.0.1", printer.port, host="127.0.0.1", port=0)
        relay = Relay(settings, FaultyCopy(), board, SystemClock())
        relay.open()
        thread = threading.Thread(target=relay.run)
        thread.start()
        print_jobs(relay.port, [receipt(1), receipt(2)])
        assert eventually(lambda: board.status.failures >= 6)
        relay.stop(0.1)
        thread.join(30)
        assert [bytes(job.data) for job in printer.jobs] == [receipt(1), receipt(2)]


steps = st.lists(
    st.tuples(st.sampled_from(["open", "copy", "pause", "close", "take"]), st.integers(0, 3)),
    max_size=60,
)


@given(steps, st.integers(200, 4000))
def test_nothing_is_lost_without_a_note(steps: list[tuple[str, int]], limit: int) -> None:
    carbon = CarbonCopy(limit)
    laid: dict[int, int] = {}
    let_go = taken = owned = held = 0
    for step, number in [*steps, *(("close", each) for each in range(4))]:
        if step == "open" and number not in laid:
            carbon.opened(number)
            laid[number] = 0
        elif step == "copy" and number in laid:
            let_go += carbon.copied(number, bytes(500))
            laid[number] += 500
        elif step == "pause" and number in laid:
            carbon.paused(number)
        elif step == "close" and number in laid:
            carbon.closed(number)
            held += laid.pop(number)
        elif step == "take":
            note = carbon.take()
            taken += len(note.data) if isinstance(note, Copied) else 0
            owned += note.size if isinstance(note, Lost) else 0
    while (note := carbon.take()) is not None:
        taken += len(note.data) if isinstance(note, Copied) else 0
        owned += note.size if isinstance(note, Lost) else 0
    assert taken + let_go == held
    assert owned <= let_go  # what is of a connection that was never noted has no note


@pytest.mark.parametrize(
    "settings",
    [
        {"printer_host": "printer.shop"},
        {"printer_port": 70000},
        {"pause_s": 0},
        {"host": "127.0.0.1", "port": 9100},
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must be|not appear|are the tap|address"):
        TapSettings(**{"printer_host": "127.0.0.1", **settings})  # type: ignore[arg-type]  # that is the point


def test_a_receipt_shows_nothing_by_accident() -> None:
    assert "14.25" not in repr(Copied(1, b"TOTAL 14.25"))

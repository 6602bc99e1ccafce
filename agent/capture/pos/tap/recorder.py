"""The recorder: from the carbon copy to sealed sheets, one for each receipt.

A thread of its own, behind the printing. While the disk takes nothing it waits, and the copy's room
fills up; what finds no room is a counted gap, and the receipt that it belongs to is marked. Should
our parser fail on some bytes, they are written down all the same, unparted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC
from functools import partial
from typing import Final, assert_never

from agent.capture.pos.escpos.printed import Ending
from agent.capture.pos.tap.carbon import CarbonCopy, Closed, Copied, Lost, Note, Opened, Paused
from agent.capture.pos.tap.desk import Desk, NewRoll, Part
from agent.capture.pos.tap.sheets import SUFFIX, Closing, Heading, OpenSheet, SheetFolder
from agent.capture.pos.tap.status import Board
from agent.errors import DiskUnusable
from models.runtime.backoff import Backoff
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_LOOK_UP_S: Final = 1.0
_NAP_S: Final = 0.015
"""A job comes in many pieces; looking at each at once would cost the printing its processor."""

Step = Callable[[], object]


class Recorder:
    """Writes down what one tap has passed on. Run by one thread."""

    def __init__(
        self,
        name: str,
        carbon: CarbonCopy,
        folder: SheetFolder,
        *,
        new_roll: NewRoll,
        board: Board,
        clock: Clock,
        backoff: Backoff,
        random: Callable[[int], bytes],
    ) -> None:
        self._name = name
        self._carbon = carbon
        self._folder = folder
        self._new_roll = new_roll
        self._board = board
        self._clock = clock
        self._backoff = backoff
        self._random = random
        self._desks: dict[int, Desk] = {}
        self._sheets: dict[int, OpenSheet] = {}
        self._complained: set[str] = set()
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Write down what is there, and end; a disk that takes nothing is not waited for."""
        self._stopping.set()
        self._carbon.wake()

    def run(self) -> None:
        """Serve until stopped."""
        while True:
            note = self._carbon.take()
            if note is not None:
                self._note(note)
            elif self._stopping.is_set():
                break
            elif self._clock.wait(self._carbon.filled, _LOOK_UP_S):
                self._clock.wait(self._stopping, _NAP_S)
        for number in list(self._desks):
            self._let_go(number)

    def _note(self, note: Note) -> None:
        try:
            for step in self._steps(note):
                self._insist(step)
        except DiskUnusable:
            self._let_go(note.number)  # stopped while the disk took nothing
        except Exception as error:  # noqa: BLE001 - the loop's edge: the next receipt is written down
            self._failed("tap_recorder_failed", error)
            self._let_go(note.number)

    def _steps(self, note: Note) -> Iterator[Step]:
        """What has to be done on the disk for a note, each step once the one before was done."""
        if isinstance(note, Opened):
            self._desks[note.number] = Desk(note.number, self._new_roll)
            return
        desk = self._desks.get(note.number)
        if desk is None:
            return
        match note:
            case Copied():
                for part in self._parted(desk, note.data):
                    yield from self._write(desk, part)
            case Lost():
                yield from self._write(desk, self._ended(desk, Ending.LOST), note.size)
                desk.joined = True
            case Paused():
                yield from self._write(desk, self._ended(desk, Ending.PAUSE))
            case Closed():
                yield from self._write(desk, self._ended(desk, Ending.CLOSED))
                del self._desks[note.number]
            case _:
                assert_never(note)

    def _parted(self, desk: Desk, data: bytes) -> list[Part]:
        """Receipts, or the bytes as they are where our parser fails on them."""
        try:
            return list(desk.parts(data))
        except Exception as error:  # noqa: BLE001 - the parser's edge: bytes are kept without it
            self._failed("tap_parser_failed", error)
            desk.give_up()
            return list(desk.parts(data))

    def _ended(self, desk: Desk, ending: Ending) -> Part:
        try:
            return desk.end(ending)
        except Exception as error:  # noqa: BLE001 - the parser's edge, see above
            self._failed("tap_parser_failed", error)
            desk.give_up()
            return desk.end(ending)

    def _write(self, desk: Desk, part: Part, lost: int = 0) -> Iterator[Step]:
        number, now = desk.number, self._clock.now()
        heading = closing = None
        if number not in self._sheets:
            if not (part.data or lost):
                return
            heading = Heading(self._name, now, number, part.settings, desk.joined)
            name = f"{now.astimezone(UTC):%Y%m%dT%H%M%S%f}-{self._random(4).hex()}{SUFFIX}"
            yield partial(self._begin, number, name)
        if part.ending is not None:
            closing = Closing(part.ending, now, lost)
        sheet = self._sheets[number]
        yield partial(sheet.write, part.data, heading, closing)
        if closing is not None:
            yield partial(sheet.hand_over, self._folder.waiting)
            del self._sheets[number]
            self._tell(part, whole=not (lost or desk.joined))
            desk.joined = False

    def _begin(self, number: int, name: str) -> None:
        self._sheets[number] = self._folder.begin(name)

    def _tell(self, part: Part, *, whole: bool) -> None:
        self._board.count(prints=1, broken_prints=0 if whole else 1)
        self._board.say(last_print_at=self._clock.now())
        receipt = part.receipt
        if receipt is None:
            return
        _LOG.info(
            "receipt_written_down",
            printer=self._name,
            bytes=receipt.end - receipt.begin,
            ended=receipt.ended.value,
            whole=whole,
            image_only=receipt.image_only,
        )
        unknown = [odd.opcode for odd in receipt.oddities if not odd.vendor]
        if not self._complained.issuperset(unknown):
            self._complained.update(unknown)
            _LOG.warning(
                "printer_commands_unknown",
                printer=self._name,
                opcodes=unknown,
                next_step="name the printer's vendors in its profile, or report the commands",
            )

    def _insist(self, step: Step) -> None:
        """Do a step, again and again while the disk takes nothing; raises DiskUnusable at stop."""
        while True:
            try:
                step()
            except DiskUnusable as error:
                self._block(str(error))
                if self._clock.wait(self._stopping, self._backoff.next_s()):
                    raise
            else:
                self._unblock()
                return

    def _block(self, reason: str) -> None:
        if self._board.status.blocked != reason:
            _LOG.error("tap_recorder_blocked", printer=self._name, reason=reason)
            self._board.say(blocked=reason, out_of_room=True)

    def _unblock(self) -> None:
        self._backoff.reset()
        if self._board.status.blocked:
            _LOG.info("tap_recorder_unblocked", printer=self._name)
            self._board.say(blocked="", out_of_room=False)

    def _let_go(self, number: int) -> None:
        """Leave a sheet as a crash would: it is read back, as not whole, after the next start."""
        self._desks.pop(number, None)
        sheet = self._sheets.pop(number, None)
        if sheet is not None:
            sheet.abandon()

    def _failed(self, event: str, error: Exception) -> None:
        """Count it, and say it once for each kind; without its text, which may quote a receipt."""
        self._board.count(failures=1)
        kind = f"{event} {type(error).__name__}"
        if kind not in self._complained:
            self._complained.add(kind)
            _LOG.error(event, printer=self._name, error=type(error).__name__, next_step="report it")

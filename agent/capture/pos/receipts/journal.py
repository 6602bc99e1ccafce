"""Journals of receipt text: every receipt as it was printed, one below the other in a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from agent.capture.pos.folding import folded
from agent.capture.pos.journal.lines import RawRecord, Spot
from agent.capture.pos.journal.reading import Outcome, SetAside
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.receipts.profile import ReceiptProfile
from agent.capture.pos.receipts.reading import TillReceipts
from agent.capture.pos.receipts.templates import Compiler
from agent.capture.pos.sink import CaptureContext
from agent.errors import EventTooLarge


@dataclass(slots=True)
class _Open:
    records: list[RawRecord] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    touched_s: float = 0.0
    handed_over: int = 0

    @property
    def data(self) -> bytes:
        return b"\n".join(record.data for record in self.records)


class TextJournalReader:
    """A ``RecordReader`` whose records are lines of receipts; for ``JournalTail``."""

    header: tuple[str, ...] = ()

    def __init__(self, profile: ReceiptProfile, context: CaptureContext) -> None:
        compiler = Compiler(profile.amounts, profile.moments)
        self._journal = profile.journal
        self._most_lines = profile.most_lines
        self._begin = [compiler.compile(each) for each in profile.journal.begin]
        self._end = [compiler.compile(each) for each in profile.journal.end]
        self._receipts = TillReceipts(profile, context)
        self._open = _Open()

    @property
    def open_from(self) -> Spot | None:
        """Where the receipt begins that is not at its end yet."""
        return self._open.records[0].begin if self._open.records else None

    def feed(self, record: RawRecord, now_s: float) -> list[Outcome]:
        """Take the next line; the receipts that ended before or with it."""
        text = record.data.decode(self._journal.encoding, "replace")
        plain = folded(text)
        if not plain and not self._open.records:
            return []
        begins = any(template.match(plain) is not None for template in self._begin)
        too_many = len(self._open.lines) > self._most_lines
        outcomes = self._close() if begins or too_many else []
        self._open.records.append(record)
        self._open.lines.append(text)
        self._open.touched_s = now_s
        if any(template.match(plain) is not None for template in self._end):
            outcomes += self._close()
        return outcomes

    def expire(self, now_s: float) -> list[Outcome]:
        """The receipt at the end of the file, once it has waited long enough."""
        held = self._open
        waiting = held.records and now_s - held.touched_s >= self._journal.idle_s
        if not waiting or held.handed_over == len(held.records):
            return []
        held.handed_over = len(held.records)
        return self._outcome(held)

    def finish(self) -> list[Outcome]:
        """What is open, as it is."""
        return self._close()

    def _close(self) -> list[Outcome]:
        held, self._open = self._open, _Open()
        return self._outcome(held) if held.records else []

    def _outcome(self, held: _Open) -> list[Outcome]:
        try:
            captured = self._receipts.read(held.lines, sha256(held.data).hexdigest())
        except (Malformed, EventTooLarge) as error:
            return [SetAside(held.data, held.records[0].begin, str(error))]
        return [] if captured is None else [captured]

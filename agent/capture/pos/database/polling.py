"""Reads what is new in a till's database, again and again, and hands its sales over once each.

What it promises:

- The watermark moves only after the sink has the sales and what was set aside is kept. Killed at
  any moment, the next start reads from the last watermark; the sink knows what it has (event ids).
- Every look begins ``overlap_s`` before the watermark, so a receipt whose transaction was committed
  late is found; now and then one begins ``look_back_s`` before it, which finds corrections of
  receipts and those that a till wrote after its clock had been set back. What stands there as it
  stood is passed over; what was changed becomes a new revision of its sale.
- A receipt that is dated in the future does not move the watermark: all others would be behind it.
- A receipt that cannot be mapped is set aside alone, once for each state that it has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from agent.capture.pos.database.reading import DatabaseReader
from agent.capture.pos.database.stored import StoredReceipt
from agent.capture.pos.database.watermark import Watermark, WatermarkFile
from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CapturedSale, SaleSink
from agent.errors import BadConfiguration, TransientError
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_AHEAD_S: Final = 600.0
"""By how much a till's clock may be ahead of ours; what is further ahead is no time to go by."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place among a till's receipts.

    Attributes:
        moment: as the database gave it, so that it can be compared there without conversion.
        id: of the receipt.
    """

    moment: object
    id: str


@dataclass(frozen=True, slots=True, repr=False)
class Dated:
    """A receipt and where it stands.

    Attributes:
        at: its moment, aware; None where the till wrote something that is none.
    """

    position: Position
    at: datetime | None
    receipt: StoredReceipt


class TillDatabaseUnreachable(TransientError):
    """A till's database does not answer now, or is locked by the till."""


class Receipts(Protocol):
    """A till's receipts by moment and id."""

    def page(self, since: datetime, after: Position | None, limit: int) -> Sequence[Dated]:
        """Up to ``limit`` receipts, from a moment on or behind a position; one short transaction.

        Fewer than ``limit`` mean that there are no more now.

        Raises:
            TransientError: the database cannot be read now.
            BadConfiguration: it refuses the login, or does not hold what the profile names.
        """
        ...

    def close(self) -> None:
        """Let go of the database; the next page opens it again."""
        ...


class Aside(Protocol):
    """Where receipts go that cannot be mapped."""

    def keep(self, item: Refused) -> None:
        """Keep it, durable on return; the same item again replaces itself.

        Raises:
            DiskUnusable: it cannot be kept; the database is not read on.
        """
        ...


@dataclass(frozen=True, slots=True)
class PollingSettings:
    """How the database is read; see ``agent.config.databases``.

    Attributes:
        most_in_a_row: after so many receipts set aside with no sale between them the profile is
            wrong, not the receipts: reading stops and says so.
    """

    overlap_s: float = 120.0
    sweep_s: float = 600.0
    look_back_s: float = 86_400.0
    history_days: int = 7
    batch: int = 100
    most_in_a_row: int = 200


@dataclass(frozen=True, slots=True)
class PollingStatus:
    """What was read since the poller was made, and where it stands.

    Attributes:
        watermark_at: the moment of the newest receipt that was handed over.
        last_receipt_at: when a receipt was last found new or changed, by our own clock.
        sales: how many were handed over, repeats after a restart included.
        revised: how many of them had been handed over before, with other content.
        set_aside: receipts that could not be mapped.
        ahead: receipts that are dated in the future.
        vanished: receipts that the till has deleted since they were captured.
    """

    watermark_at: datetime | None = None
    last_receipt_at: datetime | None = None
    sales: int = 0
    revised: int = 0
    set_aside: int = 0
    ahead: int = 0
    vanished: int = 0


@dataclass(frozen=True, slots=True)
class _Known:
    digest: str
    at: datetime | None


class DatabasePoller:
    """One till's database and its reader. Used by one thread, except ``status``."""

    def __init__(
        self,
        receipts: Receipts,
        reader: DatabaseReader,
        *,
        sink: SaleSink,
        aside: Aside,
        watermarks: WatermarkFile,
        clock: Clock,
        settings: PollingSettings | None = None,
    ) -> None:
        self._receipts = receipts
        self._reader = reader
        self._sink = sink
        self._aside = aside
        self._watermarks = watermarks
        self._clock = clock
        self._settings = settings or PollingSettings()
        self._mark: Watermark | None = None
        self._is_loaded = False
        self._swept_s: float | None = None
        self._known: dict[str, _Known] = {}
        self._in_a_row = 0
        self._status = PollingStatus()

    @property
    def status(self) -> PollingStatus:
        """The latest figures. Safe from any thread."""
        return self._status

    def step(self, is_over: Callable[[], bool] = lambda: False) -> int:
        """Read all there is at present. Returns the number of sales handed over.

        Args:
            is_over: asked between batches; a long history need not be finished.

        Raises:
            TransientError, FaultyDevice: the database cannot be read, or sink or disk cannot take
                more; call again later, nothing is passed over.
        """
        self._load()
        before, now_s = self._status.sales, self._clock.monotonic_s()
        sweeps = self._swept_s is None or now_s - self._swept_s >= self._settings.sweep_s
        since = self._since(sweeps=sweeps)
        found: set[str] = set()
        if self._read_all(since, found, is_over) and sweeps:
            self._swept_s = now_s
            self._forget_others(since, found)
        return self._status.sales - before

    def close(self) -> None:
        """Let go of the database. The watermark stands as it was last written."""
        self._receipts.close()

    def _load(self) -> None:
        if not self._is_loaded:
            self._mark = self._watermarks.load()
            self._is_loaded = True
            at = None if self._mark is None else self._mark.at
            self._status = replace(self._status, watermark_at=at)

    def _since(self, *, sweeps: bool) -> datetime:
        if self._mark is None:
            return self._clock.now() - timedelta(days=self._settings.history_days)
        back_s = self._settings.look_back_s if sweeps else self._settings.overlap_s
        return self._mark.at - timedelta(seconds=back_s)

    def _read_all(self, since: datetime, found: set[str], is_over: Callable[[], bool]) -> bool:
        """Page by page; whether the end was reached."""
        after: Position | None = None
        while not is_over():
            page = self._receipts.page(since, after, self._settings.batch)
            found.update(each.receipt.id for each in page)
            self._take(page)
            if len(page) < self._settings.batch:
                return True
            after = page[-1].position
        return False

    def _take(self, page: Sequence[Dated]) -> None:
        """Give the sink its sales, keep what was set aside, then move the watermark; in order."""
        fresh = [each for each in page if not self._is_known(each)]
        outcomes = [self._reader.read(each.receipt) for each in fresh]
        self._refuse_a_flood(outcomes)
        sales = [each for each in outcomes if isinstance(each, CapturedSale)]
        aside = [each for each in outcomes if isinstance(each, Refused)]
        if sales:
            self._sink.captured(sales)
        for item in aside:
            self._aside.keep(item)
        self._count(fresh, len(sales), len(aside))
        for each in fresh:
            self._known[each.receipt.id] = _Known(each.receipt.digest, each.at)
        self._move(page)

    def _is_known(self, each: Dated) -> bool:
        known = self._known.get(each.receipt.id)
        return known is not None and known.digest == each.receipt.digest

    def _count(self, fresh: Sequence[Dated], sales: int, aside: int) -> None:
        if not fresh:
            return
        status = self._status
        again = sum(each.receipt.id in self._known for each in fresh)
        ahead = sum(self._is_ahead(each) for each in fresh)
        self._status = replace(
            status,
            last_receipt_at=self._clock.now(),
            sales=status.sales + sales,
            set_aside=status.set_aside + aside,
            revised=status.revised + again,
            ahead=status.ahead + ahead,
        )

    def _move(self, page: Sequence[Dated]) -> None:
        marks = [
            Watermark(at=each.at, id=each.receipt.id)
            for each in page
            if each.at is not None and not self._is_ahead(each)
        ]
        if self._mark is not None:
            marks.append(self._mark)
        newest = max(marks, default=None)
        if newest is not None and newest != self._mark:
            self._watermarks.save(newest)
            self._mark = newest
            self._status = replace(self._status, watermark_at=newest.at)

    def _is_ahead(self, each: Dated) -> bool:
        limit = self._clock.now() + timedelta(seconds=_AHEAD_S)
        return each.at is not None and each.at > limit

    def _forget_others(self, since: datetime, found: set[str]) -> None:
        """After a sweep: drop what lies before it, and tell of what is no longer there."""
        gone = [
            name
            for name, known in self._known.items()
            if name not in found and known.at is not None and known.at >= since
        ]
        self._known = {name: known for name, known in self._known.items() if name in found}
        if gone:
            self._status = replace(self._status, vanished=self._status.vanished + len(gone))
            _LOG.warning(
                "till_receipts_vanished",
                count=len(gone),
                effect="the till has deleted them; their sales stand in the ledger as captured",
                next_step="compare the day's figures with the till's",
            )

    def _refuse_a_flood(self, outcomes: Sequence[CapturedSale | Refused]) -> None:
        count = self._in_a_row
        for each in outcomes:
            count = count + 1 if isinstance(each, Refused) else 0
            if count > self._settings.most_in_a_row and isinstance(each, Refused):
                raise BadConfiguration(
                    f"{count} receipts in a row cannot be mapped, the last one because "
                    f"{each.reason}; correct the till's profile and restart. Nothing was passed "
                    "over"
                )
        self._in_a_row = count

"""The replica: cards in, views out. Every method is safe to call from any thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from agent.replica.card_rows import Member
from agent.replica.changes import Change, Changes
from agent.replica.feed import Applied, Ready, Touched, apply_live, keep_if_newer, make_ready
from agent.replica.file import CacheFile
from agent.replica.lookup import LookUps
from agent.replica.overlay_rows import Slip
from agent.replica.overlays import Outcome, lay_over, write_slip
from agent.replica.query import Query
from agent.replica.seals import Seals
from agent.replica.shelf import Shelf
from agent.replica.view import PROVISIONAL, CardView, MemberRef
from models.people.phones import PhoneNumbers
from models.runtime.clock import Clock
from models.vault.blob import BlobSealer
from models.vault.master import Fingerprints, MasterKey
from models.wire.cards import CardDelta, CardPage
from models.wire.events.sale import SaleRecorded
from models.wire.ids import SaleId

OVERLAY_AGE: Final = timedelta(days=30)
"""A local sale that the cloud has not confirmed by then is no longer shown."""

MOST_OVERLAYS: Final = 20_000
MOST_FOUND: Final = 20

_CHUNK: Final = 25  # cards in one transaction of a page: a till's sale waits for one at most


class Replica:
    """The cards of one shop, with its own newest sales on top.

    Nothing here can be lost for good: a damaged file is set aside and ``through`` falls back to 0,
    so that the caller fetches the cards again.
    """

    def __init__(self, file: CacheFile, seals: Seals, look_ups: LookUps, clock: Clock) -> None:
        """Use ``open``."""
        self.changes = Changes()
        self._file = file
        self._seals = seals
        self._look_ups = look_ups
        self._clock = clock

    @classmethod
    def open(
        cls, path: Path, master: MasterKey, *, clock: Clock, phones: PhoneNumbers | None = None
    ) -> Replica:
        """Open the cache, or begin one where there is none that this key opens.

        Args:
            path: the SQLite file; its folder is made.
            master: the device's master key.
            clock: stamps changes.
            phones: reads phone numbers; by default those of mainland China.

        Raises:
            DiskUnusable: the file can be neither opened nor made.
            ReplicaBusy: another process is writing to it.
        """
        fingerprints = Fingerprints(master.derive("lianke replica look-ups"))
        look_ups = LookUps(fingerprints, phones or PhoneNumbers())
        file = CacheFile(path, BlobSealer(master, "replica"))
        return cls(file, Seals.under(master), look_ups, clock)

    @property
    def through(self) -> int:
        """The feed is complete up to this sequence; 0 when nothing is known."""
        return self._file.read(lambda db: self._shelf(db).cards.through())

    def apply(self, delta: CardDelta) -> Applied:
        """Take in one delta of the feed; older versions than ours are ignored.

        ``GAP`` means that deltas before this one are missing: fetch pages after ``through``. The
        card itself is kept all the same.
        """
        ready = make_ready(delta, self._seals, self._look_ups)
        applied, touched = self._file.write(lambda db: apply_live(self._shelf(db), ready))
        self._tell(touched)
        return applied

    def apply_page(self, page: CardPage) -> None:
        """Take in a page of missed deltas and move the position to ``page.through``.

        The page must have been asked for after the present ``through``. Cards go in by small
        transactions, the position with the last one; a page may be applied again.
        """
        for deltas in _chunks(page.deltas, _CHUNK):
            ready = [make_ready(delta, self._seals, self._look_ups) for delta in deltas]
            self._tell(self._file.write(partial(self._keep, ready)))
        self._file.write(lambda db: _complete_through(self._shelf(db), page.through))

    def lay_over(self, sale: SaleRecorded, sale_id: SaleId, at: datetime) -> MemberRef | None:
        """Lay a sale of this shop over its member's card until the cloud's card includes it.

        Call it after the sale is durable in the outbox. Idempotent: the same revision again
        changes nothing, another one replaces it.

        Args:
            sale: any transaction; controls, training, given-up and parked ones lie over nothing.
            sale_id: the same through all revisions.
            at: when it was captured, aware UTC; overlays end by their age.

        Returns:
            Whose card it lies on; None when it names nobody, or several cards and no identifier
            decides between them.
        """
        slip = write_slip(sale, sale_id, at, self._seals, self._look_ups)
        outcome = self._file.write(lambda db: _lay(self._shelf(db), slip))
        self._tell_of_sale(outcome, sale_id)
        return outcome.ref

    def find(self, query: Query) -> list[CardView]:
        """Members who fit, at most 20, the latest visitor first."""
        if query.empty:
            return []
        found = self._file.read(lambda db: self._found(self._shelf(db), query))
        return sorted(found, key=_visited, reverse=True)

    def view(self, ref: MemberRef) -> CardView | None:
        """The card as it is now; None when the member is not (or no longer) here."""
        return self._file.read(lambda db: _view(self._shelf(db), ref))

    def forget(self) -> None:
        """Forget all cards and begin the feed anew: for a cloud that was restored from a backup.

        Its feed is then shorter than ``through``, and its versions may be lower than ours.
        """
        self._file.write(lambda db: _forget_all(self._shelf(db)))

    def housekeep(self, surely: datetime | None = None) -> None:
        """Forget local sales past their age and tidy the file; call it every few minutes.

        ``surely`` is how late it is at least, where the clock of changes may be wrong.
        """
        oldest = (surely or self._clock.now()) - OVERLAY_AGE
        self._file.write(lambda db: _forget_before(self._shelf(db), oldest))
        self._file.tidy()

    def close(self) -> None:
        """Close the file; the replica must not be used afterwards."""
        self._file.close()

    def _shelf(self, db: sqlite3.Connection) -> Shelf:
        return Shelf(db, self._seals)

    def _keep(self, ready: Iterable[Ready], db: sqlite3.Connection) -> list[Touched]:
        shelf = self._shelf(db)
        return [touched for one in ready for touched in keep_if_newer(shelf, one)]

    def _found(self, shelf: Shelf, query: Query) -> list[CardView]:
        members = shelf.cards.holders(self._look_ups.of_query(query), MOST_FOUND)
        return [shelf.view(member) for member in members]

    def _tell(self, touched: Iterable[Touched]) -> None:
        at = self._clock.now()
        for one in touched:
            self.changes.publish(Change(one.ref, at, formerly=one.formerly))

    def _tell_of_sale(self, outcome: Outcome, sale_id: SaleId) -> None:
        at = self._clock.now()
        if outcome.changed and outcome.ref:
            self.changes.publish(Change(outcome.ref, at, sale_id))
        if outcome.before:
            self.changes.publish(Change(outcome.before, at))


def _complete_through(shelf: Shelf, through: int) -> None:
    if through > shelf.cards.through():
        shelf.cards.move_through(through)


def _lay(shelf: Shelf, slip: Slip) -> Outcome:
    outcome = lay_over(shelf, slip)
    if outcome.changed:
        shelf.overlays.forget_all_but(MOST_OVERLAYS)
    return outcome


def _forget_before(shelf: Shelf, moment: datetime) -> None:
    shelf.overlays.forget_before(moment)
    shelf.cards.remove_empty_newcomers()


def _forget_all(shelf: Shelf) -> None:
    shelf.overlays.clear()
    shelf.cards.clear()


def _view(shelf: Shelf, ref: MemberRef) -> CardView | None:
    member = shelf.cards.member(ref) or _heir(shelf, ref)
    return shelf.view(member) if member and not member.gone else None


def _heir(shelf: Shelf, ref: MemberRef) -> Member | None:
    """Who took a provisional card over: its name is the fingerprint that found its member."""
    if not ref.provisional:
        return None
    heirs = shelf.cards.holders([bytes.fromhex(ref.value.removeprefix(PROVISIONAL))])
    return heirs[0] if len(heirs) == 1 else None


def _visited(view: CardView) -> datetime:
    return view.last_visit_at or datetime(1970, 1, 1, tzinfo=UTC)


def _chunks(deltas: Sequence[CardDelta], size: int) -> Iterator[list[CardDelta]]:
    """``itertools.batched``, which Python 3.11 lacks."""
    rest = iter(deltas)
    while chunk := list(islice(rest, size)):
        yield chunk

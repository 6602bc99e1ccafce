"""The journal: takes what arrives, in one transaction, and answers what became of it.

Ordering: positions are given in the order of arrival and become visible in their own order, because
appending transactions take turns (``storage.in_turn``). That is coarser than locking the stream's
row, and it buys the followers their guarantee: a position they have passed never fills in later.

Idempotency: anything may arrive again, in any order, in other batches, from a restored disk or a
second worker; the ledger's content is the same. The acknowledgement may be published only after
``append`` has returned, and need not be: whoever is not answered sends again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlalchemy import Engine, select

from cloud.ledger import counts, watermark
from cloud.ledger.acknowledging import acknowledge
from cloud.ledger.arrival import Appended, Arrival
from cloud.ledger.burial import Letter, bury
from cloud.ledger.decision import Bodies, Holdings, decide
from cloud.ledger.entry import LedgerEntry, entry_of
from cloud.ledger.foresight import Foresight, new_and_personal
from cloud.ledger.generation import obtain_generation
from cloud.ledger.reading import (
    Readable,
    Reading,
    Refused,
    Unreadable,
    read_arrival,
    without_unsealable,
)
from cloud.ledger.sealing import Unsealable, bodies_of, seal
from cloud.ledger.settlement import Outcome
from cloud.ledger.timekeeping import Timekeeper
from cloud.ledger.turn import EVENTS, HEAD, Fence, TurnTaker, number_of
from cloud.ledger.verdict import Verdict
from cloud.storage.columns import to_ms
from cloud.storage.unit_of_work import read, write
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.vault.blob import BlobSealer
from models.vault.seal import Sealer
from models.wire.ack import EpochSettled
from models.wire.ids import DevicePath

log = get_logger(__name__)

UNREADABLE: Final = "unreadable"
"""The reason of a dead letter that names no sequence; no device is ever told this word."""


class Journal:
    """The ledger's only writer and its usual reader. Safe for several threads and processes."""

    def __init__(
        self,
        engine: Engine,
        sealer: Sealer,
        dead_letters: BlobSealer,
        clock: Clock,
        random: Callable[[int], bytes] = os.urandom,
        *,
        timekeeper: Timekeeper | None = None,
    ) -> None:
        """Without a ``timekeeper`` no corrected times are stored."""
        self._engine = engine
        self._sealer = sealer
        self._dead_letters = dead_letters
        self._clock = clock
        self._turns = TurnTaker(timekeeper)
        self.generation = obtain_generation(engine, random)

    def append(self, arrivals: Sequence[Arrival]) -> Appended:
        """Read, judge and store payloads in one transaction; durable on return, all or nothing.

        Raises:
            DatabaseUnavailable: nothing was stored; try again later.
            FaultyService: the database or the keyring cannot be used; the message says why.
        """
        return self.commit([read_arrival(arrival) for arrival in arrivals])

    def foresee(self, readings: Sequence[Reading]) -> Foresight:
        """Look up, seal and decide beforehand: ``commit`` holds up other writers for less long.

        Makes keys for personal members of what the ledger does not hold, and stores nothing else.
        Raises as ``append``, and ``Unsealable``; whatever it is, ``commit`` without it may succeed.
        """
        batches = [one for one in readings if isinstance(one, Readable)]
        with read(self._engine) as connection:
            look = self._turns.look(connection, batches)
        sealed = seal(self._sealer, new_and_personal(batches, look.contents))
        ahead = self._turns.decided_ahead(look, batches, self._bodies(sealed))
        return Foresight(look, sealed, ahead)

    def commit(
        self,
        readings: Sequence[Reading],
        foresight: Foresight | None = None,
        fence: Fence | None = None,
    ) -> Appended:
        """As ``append``, of payloads that were read before.

        ``foresight`` is of these readings, or of a group that they are part of. ``fence`` is asked
        inside the transaction, before anything is stored; whatever it raises, nothing is.
        """
        try:
            appended = self._commit(readings, foresight, fence)
        except Unsealable as fault:
            bodies = fault.bodies
            return self.commit(
                [
                    without_unsealable(one, bodies) if isinstance(one, Readable) else one
                    for one in readings
                ],
                fence=fence,
            )
        self._raise_alarms(appended)
        return appended

    def read(self, after: int, limit: int) -> list[LedgerEntry]:
        """At most ``limit`` entries behind a position, in order; none will appear between them.

        Raises:
            SchemaMismatch: an entry is of a type that this program does not know.
        """
        wanted = select(EVENTS).where(EVENTS.c.position > after)
        with read(self._engine) as connection:
            rows = connection.execute(wanted.order_by(EVENTS.c.position).limit(limit))
            return [entry_of(row) for row in rows]

    def head(self) -> int:
        """The last position, 0 when the ledger is empty."""
        with read(self._engine) as connection:
            return number_of(HEAD(connection))

    def settled(
        self, device: DevicePath, epochs: Sequence[str] | None = None
    ) -> list[EpochSettled]:
        """All that is settled of a device's epochs (or of the named ones), for its welcome."""
        with read(self._engine) as connection:
            return watermark.settled(connection, device, epochs)

    def counts(self) -> counts.Counts:
        """What the whole ledger holds; reads all of it, so not for a page that refreshes."""
        with read(self._engine) as connection:
            return counts.count(connection)

    def _commit(
        self,
        readings: Sequence[Reading],
        foresight: Foresight | None,
        fence: Fence | None,
    ) -> Appended:
        batches = [one for one in readings if isinstance(one, Readable)]
        heard_ms = to_ms(self._clock.now())
        with write(self._engine) as connection:
            turn = self._turns.begin(connection, batches, heard_ms, foresight, fence)
            decision = turn.found
            if isinstance(decision, Holdings):
                bodies = self._bodies(foresight.sealed if foresight else {})
                decision = decide(batches, decision, bodies)
            letters = _letters(readings, decision.verdict)
            buried = bury(connection, self._dead_letters, letters)
            self._turns.store(connection, turn, decision)
        self._turns.ended(turn, decision)
        return self._appended(readings, decision.verdict, buried)

    def _bodies(self, ahead: Mapping[bytes, bytes]) -> Bodies:
        return lambda facts: bodies_of(self._sealer, facts, ahead)

    def _appended(self, readings: Sequence[Reading], verdict: Verdict, buried: int) -> Appended:
        return Appended(
            acknowledgements=acknowledge(readings, verdict, self.generation),
            head=verdict.head,
            accepted=verdict.tally[Outcome.ACCEPTED],
            duplicates=verdict.tally[Outcome.DUPLICATE],
            conflicts=verdict.tally[Outcome.CONFLICT],
            rejected=verdict.tally[Outcome.REJECTED],
            refused=sum(isinstance(one, Refused) for one in readings),
            unreadable=sum(isinstance(one, Unreadable) for one in readings),
            buried=buried,
        )

    def _raise_alarms(self, appended: Appended) -> None:
        for one in appended.acknowledgements:
            where = {"device": one.device.prefix, "epoch": one.ack.epoch, "stream": one.ack.stream}
            if one.ack.rehome is not None:
                log.error("ledger_conflict", **where, reason=one.ack.rehome, action="rehome")
            if one.ack.rejected:
                reasons = sorted({rejection.reason for rejection in one.ack.rejected})
                log.warning(
                    "events_rejected", **where, count=len(one.ack.rejected), reasons=reasons
                )
            for refusal in one.ack.refused:
                log.warning("batch_refused", **where, count=refusal.count, reason=refusal.reason)


def _letters(readings: Sequence[Reading], verdict: Verdict) -> list[Letter]:
    unreadable = [
        Letter(one.arrival, UNREADABLE, one.detail, one.arrival.payload)
        for one in readings
        if isinstance(one, Unreadable)
    ]
    rejected = [
        Letter(batch.arrival, reject.reason, reject.detail, reject.payload)
        for batch, reject in verdict.rejected
    ]
    return unreadable + rejected

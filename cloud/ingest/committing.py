"""Commits groups of readings and answers for them; tries alone what makes this program fail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from cloud.errors import FaultyService
from cloud.ingest.documents import Answer
from cloud.ingest.edge import Mishap, Patience
from cloud.ingest.fence import Fence, PartsLost
from cloud.ingest.guard import RefusalGuard, weigh
from cloud.ingest.setting_aside import set_aside, unusable
from cloud.ingest.tally import Tally
from cloud.ingest.withholding import Withholding, sift
from cloud.ledger.arrival import Appended
from cloud.ledger.foresight import Foresight
from cloud.ledger.journal import Journal
from cloud.ledger.reading import Readable, Reading, Unreadable
from models.runtime.logs import get_logger
from models.wire.topics import Down, down

log = get_logger(__name__)


class Committer:
    """Commits, then tells the listeners, then answers; in this order, always."""

    def __init__(
        self,
        journal: Journal,
        send: Callable[[Answer], None],
        guard: RefusalGuard,
        withholding: Withholding,
        tally: Tally,
        *,
        fence: Fence | None = None,
    ) -> None:
        self._fence = fence
        self._journal = journal
        self._send = send
        self._guard = guard
        self._withholding = withholding
        self._tally = tally
        self.listeners: list[Callable[[int], None]] = []

    def commit(
        self,
        readings: Sequence[Reading],
        patience: Patience,
        foresight: Foresight | None = None,
    ) -> None:
        """Store a group and answer it; returns without an answer when ingest shall stop.

        ``foresight`` is of these readings, as ``Journal.foresee`` made it.

        Raises:
            FaultyService: nothing of this group was stored.
        """
        wanted = self._wanted(readings)
        if len(wanted) > 1 and self._guard.nears(wanted):
            self._each_alone(wanted, patience)
        elif wanted:
            self._store(wanted, patience, foresight)

    def _wanted(self, readings: Sequence[Reading]) -> Sequence[Reading]:
        """Without what is not ours, and what would be refused while refusals are withheld."""
        if self._fence is not None:
            readings = self._ours(readings, self._fence)
        if not self._withholding.devices:
            return readings
        wanted, withheld = sift(readings, self._withholding.covers)
        self._tally.withheld += withheld
        return wanted

    def _ours(self, readings: Sequence[Reading], fence: Fence) -> Sequence[Reading]:
        ours = [one for one in readings if fence.serves(one.arrival.device)]
        if len(ours) == len(readings):
            return readings
        self._leave(one for one in readings if not fence.serves(one.arrival.device))
        return ours

    def _leave(self, readings: Iterable[Reading]) -> None:
        """To whoever holds their parts now: their shops send them again."""
        self._tally.fenced += sum(
            len(one.events) if isinstance(one, Readable) else 1 for one in readings
        )

    def _each_alone(self, readings: Sequence[Reading], patience: Patience) -> None:
        for reading in readings:
            self.commit([reading], patience)

    def _store(
        self, readings: Sequence[Reading], patience: Patience, foresight: Foresight | None
    ) -> None:
        appended = self._stored(readings, patience, foresight)
        if isinstance(appended, Appended):
            self._committed(readings, appended, patience)
        elif isinstance(appended, Mishap) and foresight is not None:
            self._store(readings, patience, None)  # what was foreseen may be what is wrong
        elif isinstance(appended, Mishap):
            self._isolate(readings, appended, patience)

    def _stored(
        self, readings: Sequence[Reading], patience: Patience, foresight: Foresight | None = None
    ) -> Appended | Mishap | None:
        """What became of them; None where they are left aside, or ingest shall stop."""
        permit = self._fence.permit() if self._fence is not None else None
        try:
            return patience(lambda: self._journal.commit(readings, foresight, permit))
        except PartsLost as lost:
            log.warning("parts_lost", reason=str(lost), left=len(readings))
            self._leave(readings)
            return None

    def _isolate(self, readings: Sequence[Reading], mishap: Mishap, patience: Patience) -> None:
        """Try each message alone; of the one that fails alone, only the header counts."""
        if len(readings) > 1:
            self._each_alone(readings, patience)
            return
        arrival = readings[0].arrival
        aside = set_aside(arrival, mishap, self._tally)
        again = self._kept_aside(aside, patience)
        if again is not None and not isinstance(aside, Unreadable):
            again = self._kept_aside(unusable(arrival, again, self._tally), patience)
        if again is not None:
            raise FaultyService(
                f"a message on {arrival.topic} can be neither stored nor set aside "
                f"({again.name}); ingest stops. Report this as a bug"
            ) from again.error

    def _kept_aside(self, aside: Reading, patience: Patience) -> Mishap | None:
        """Store what is left of a message; the mishap that it met again, if it did."""
        wanted = self._wanted([aside])
        appended = self._stored(wanted, patience) if wanted else None
        if isinstance(appended, Mishap):
            return appended
        if appended is not None:
            self._committed(wanted, appended, patience)
        return None

    def _committed(
        self, readings: Sequence[Reading], appended: Appended, patience: Patience
    ) -> None:
        self._tally.add(appended)
        if appended.accepted or appended.conflicts:
            for listener in self.listeners:
                listener(appended.head)
        for one in appended.acknowledgements:
            self._send(Answer(down(one.device, Down.ACK), msgspec.json.encode(one.ack)))
        self._watch(readings, appended, patience)

    def _watch(self, readings: Sequence[Reading], appended: Appended, patience: Patience) -> None:
        """Withhold the refusals of devices of which too much is refused."""
        for device, events, refused in weigh(readings, appended):
            seen = self._guard.note(device, events, refused)
            if seen is not None:
                self._withholding.begin(seen)
                patience(self._withholding.refresh)

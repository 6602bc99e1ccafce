"""How a worker stands, gathered when somebody asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

from cloud.config import spell_parts
from cloud.errors import TransientError
from cloud.ingest.alarms import AlarmState, CloudAlarms, Wanted
from cloud.ingest.deadletters import DeadLetters
from cloud.ingest.health.metrics import Counted, Measured
from cloud.ingest.tally import Tally
from cloud.ledger.journal import Journal
from cloud.ledger.projection import Follower
from models.runtime.clock import Clock
from models.runtime.pulses import Still

Family = CounterMetricFamily | GaugeMetricFamily


class Works(Protocol):
    """The parts of a worker, as far as they tell how it is. Every call is safe from any thread."""

    def running(self) -> bool:
        """Whether all its threads run."""
        ...

    def loops(self) -> Sequence[Still]:
        """Every loop, and for how long it has been in one piece of work."""
        ...

    def connected(self) -> bool:
        """Whether the broker delivers to it."""
        ...

    def held(self) -> frozenset[int]:
        """The parts that are its own now."""
        ...

    def lease_left_s(self) -> float:
        """For how long they stay its own without a renewal."""
        ...

    def tally(self) -> Tally:
        """What it has counted."""
        ...

    def refusal_share(self) -> float:
        """The greatest share of refusals of any device."""
        ...

    def withheld(self) -> tuple[int, bool]:
        """Of how many devices nothing more is refused, and whether of everybody."""
        ...


@dataclass(frozen=True, slots=True)
class Books:
    """What the database says of the whole service, whichever worker asks.

    Attributes:
        alarms: how many stand that nobody has acknowledged, by kind and severity.
    """

    head: int
    lag: int
    dead_letters: int
    alarms: Mapping[tuple[str, str], int]


def read_books(
    journal: Journal, views: Follower, letters: DeadLetters, alarms: CloudAlarms
) -> Books:
    """As of now. Raises DatabaseUnavailable."""
    head = journal.head()
    standing = alarms.listed(Wanted(state=AlarmState.STANDING))
    return Books(
        head=head,
        lag=max(0, head - views.position),
        dead_letters=letters.count(),
        alarms=Counter((alarm.kind.value, alarm.severity.value) for alarm in standing),
    )


class Standing:
    """One worker's. Safe from any thread."""

    def __init__(
        self,
        worker: str,
        version: str,
        works: Works,
        books: Callable[[], Books],
        clock: Clock,
        *,
        hung_after_s: float,
    ) -> None:
        """``books`` may raise TransientError; after ``hung_after_s`` a loop at work is hung."""
        self._worker = worker
        self._version = version
        self._works = works
        self._books = books
        self._clock = clock
        self._hung_after_s = hung_after_s
        self._last_commit: datetime | None = None

    def committed(self, _head: int) -> None:
        """The worker has added to the ledger just now."""
        self._last_commit = self._clock.now()

    def why_not_alive(self) -> str:
        """Why this process should be started again; empty when it should not."""
        if not self._works.running():
            return "a thread of the worker has ended; see the log"
        hung = [each for each in self._works.loops() if each.seconds > self._hung_after_s]
        return "; ".join(map(self._told, sorted(hung, key=lambda each: -each.seconds)))

    def why_not_ready(self) -> str:
        """Why nothing is taken in right now; empty when it is."""
        if said := self.why_not_alive():
            return said
        if not self._works.connected():
            return "the broker does not deliver"
        if not self._works.lease_left_s():
            return "the lease is over: the database does not answer, or not in time"
        return ""

    def _told(self, hung: Still) -> str:
        since = self._clock.now() - timedelta(seconds=hung.seconds)
        return f"the loop {hung.loop} hangs since {since:%Y-%m-%d %H:%M:%S}Z ({hung.seconds:.0f} s)"

    def families(self) -> Iterator[Family]:
        """All metrics, as of now."""
        yield from self._counted()
        yield from self._own()
        yield from self._shared()

    def _counted(self) -> Iterator[Family]:
        tally = self._works.tally()
        plain = {
            Counted.MESSAGES: tally.messages,
            Counted.DOCUMENTS: tally.documents,
            Counted.UNANSWERED: tally.unanswered,
            Counted.RETRIES: tally.retries,
            Counted.MISHAPS: tally.mishaps,
        }
        for metric, value in plain.items():
            yield _of([((), value)], metric.family())
        yield _of(
            [
                (("accepted",), tally.accepted),
                (("duplicate",), tally.duplicates),
                (("conflict",), tally.conflicts),
                (("rejected",), tally.rejected),
                (("withheld",), tally.withheld),
                (("fenced",), tally.fenced),
            ],
            Counted.EVENTS.family(),
        )
        yield _of(
            [
                (("to_be_halved",), tally.refused),
                (("unreadable",), tally.unreadable),
                (("bad_document",), tally.bad_documents),
                (("foreign_topic",), tally.foreign_topics),
                (("unknown_device",), tally.unknown_devices),
            ],
            Counted.UNUSABLE.family(),
        )

    def _own(self) -> Iterator[Family]:
        works, held = self._works, self._works.held()
        devices, everybody = works.withheld()
        info = ((self._worker, self._version, spell_parts(held)), 1)
        yield _of([info], Measured.WORKER.family())
        plain = {
            Measured.PARTS: len(held),
            Measured.LEASE: works.lease_left_s(),
            Measured.CONNECTED: int(works.connected()),
            Measured.REFUSAL_SHARE: works.refusal_share(),
            Measured.WITHHELD_DEVICES: devices,
            Measured.WITHHELD_FROM_ALL: int(everybody),
        }
        if self._last_commit is not None:
            plain[Measured.LAST_COMMIT] = self._last_commit.timestamp()
        for metric, value in plain.items():
            yield _of([((), value)], metric.family())
        yield _of([((loop,), seconds) for loop, seconds in works.loops()], Measured.LOOPS.family())

    def _shared(self) -> Iterator[Family]:
        try:
            books = self._books()
        except TransientError:
            yield _of([((), 0)], Measured.DATABASE.family())
            return
        plain = {
            Measured.DATABASE: 1,
            Measured.LEDGER_HEAD: books.head,
            Measured.VIEWS_LAG: books.lag,
            Measured.DEAD_LETTERS: books.dead_letters,
        }
        for metric, value in plain.items():
            yield _of([((), value)], metric.family())
        yield _of(sorted(books.alarms.items()), Measured.ALARMS.family())


def _of(samples: Iterable[tuple[tuple[str, ...], float]], family: Family) -> Family:
    for labels, value in samples:
        family.add_metric(labels, value)
    return family

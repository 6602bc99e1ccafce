"""The status as figures, looked up when Prometheus asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from agent.health.alarms import AlarmKind, Severity, read_vocabulary
from agent.health.status.facts import Status
from agent.health.status.tills import BalanceStatus, SourceStatus, TakenStatus, WorkstationStatus
from agent.metrics import Counted, Measured
from models.wire.envelope import ClockQuality

Samples = Iterable[tuple[list[str], float]]
"""Label values and the value, for each sample of one metric."""


class StatusFigures(Collector):
    """Publishes what only a look at the agent tells."""

    def __init__(self, look: Callable[[], Status]) -> None:
        self._look = look
        self._severities = {kind: entry.severity for kind, entry in read_vocabulary().items()}

    def describe(self) -> list[Family]:
        """The families, so that registering needs no look."""
        gauges = (*_SAMPLES, Measured.ALARMS)
        counters = (*_TAKEN, *_COUNTS)
        return [*(each.family() for each in gauges), *(each.family() for each in counters)]

    def collect(self) -> Iterator[Family]:
        """Look once, and tell."""
        status = self._look()
        for each, samples_of in _SAMPLES.items():
            yield _filled(each.family(), samples_of(status))
        for counted, of in _TAKEN.items():
            samples = [([name], float(of(taken))) for name, taken in _taken(status)]
            yield _filled(counted.family(), samples)
        for counted, count in _COUNTS.items():
            samples = [([x.name], float(count(x))) for x in status.sources]
            yield _filled(counted.family(), samples)
        yield _filled(Measured.ALARMS.family(), _alarms(status, self._severities))


def _taken(status: Status) -> Iterator[tuple[str, TakenStatus]]:
    """Every source by its name, the till's folder without one."""
    if status.till:
        yield "", status.till.taken
    yield from ((each.name, each.taken) for each in status.sources)


def _balances(value: Callable[[BalanceStatus], int]) -> Callable[[Status], Samples]:
    """A figure of every profile of every source."""
    return lambda status: [
        ([name, each.profile], value(each))
        for name, taken in _taken(status)
        for each in taken.balances
    ]


def _of_workstations(value: Callable[[WorkstationStatus], int]) -> Callable[[Status], Samples]:
    """A figure of every workstation that the books know."""
    return lambda status: [([each.name], value(each)) for each in status.workstations]


def _filled(
    family: GaugeMetricFamily | CounterMetricFamily, samples: Samples
) -> GaugeMetricFamily | CounterMetricFamily:
    for labels, value in samples:
        family.add_metric(labels, value)
    return family


def _alarms(status: Status, severities: Mapping[AlarmKind, Severity]) -> Samples:
    for kind, severity in severities.items():
        yield [kind.value, severity.value], sum(each.alarm is kind for each in status.alarms)


def _acknowledged(status: Status) -> Samples:
    if status.line and status.line.acknowledged_at:
        yield [], status.line.acknowledged_at.timestamp()


def _quality(status: Status) -> Samples:
    shown = status.clock.quality if status.clock else ""
    return [([quality.value], float(quality == shown)) for quality in ClockQuality]


def _skew(status: Status) -> Samples:
    if status.clock and status.clock.skew_s is not None:
        yield [], status.clock.skew_s


def _waiting(status: Status) -> Samples:
    if status.till:
        yield [], status.till.waiting


def _blocked(status: Status) -> Samples:
    if status.till:
        yield [], float(bool(status.till.blocked))


def _of_sources(value: Callable[[SourceStatus], float | None]) -> Callable[[Status], Samples]:
    """A figure of every source that has it."""
    return lambda status: [
        ([x.name], told) for x in status.sources if (told := value(x)) is not None
    ]


_TAKEN: Final[Mapping[Counted, Callable[[TakenStatus], int]]] = {
    Counted.SOURCE_CAPTURED: lambda taken: taken.captured,
    Counted.SOURCE_LATE: lambda taken: taken.late,
}
"""What the intake counts for every source, the till's folder too."""

_COUNTS: Final[Mapping[Counted, Callable[[SourceStatus], int]]] = {
    Counted.SOURCE_SALES: lambda source: source.sales,
    Counted.SOURCE_PRINTS: lambda source: source.prints,
    Counted.SOURCE_SET_ASIDE: lambda source: source.set_aside,
    Counted.SOURCE_GAPS: lambda source: source.gaps,
    Counted.SOURCE_LOST_BYTES: lambda source: source.lost_bytes,
}
"""What sources count by themselves; from 0 at every start, as counters do."""

_SAMPLES: Final[Mapping[Measured, Callable[[Status], Samples]]] = {
    Measured.EVENTS_PENDING: lambda status: [([x.stream], x.pending) for x in status.streams],
    Measured.OLDEST_AGE: lambda status: [([x.stream], x.oldest_age_s) for x in status.streams],
    Measured.DEAD_LETTERS: lambda status: [([], status.dead_letters)],
    Measured.LAST_ACKNOWLEDGED: _acknowledged,
    Measured.CLOCK_QUALITY: _quality,
    Measured.CLOCK_SKEW: _skew,
    Measured.TILL_FILES_WAITING: _waiting,
    Measured.TILL_BLOCKED: _blocked,
    Measured.FILES_QUARANTINED: lambda status: [([], status.quarantined)],
    Measured.SOURCE_FILES_WAITING: _of_sources(lambda source: source.waiting),
    Measured.SOURCE_LAG_BYTES: _of_sources(lambda source: source.waiting_bytes),
    Measured.SOURCE_BLOCKED: lambda status: [
        ([x.name, x.kind.value], float(bool(x.blocked))) for x in status.sources
    ],
    Measured.SOURCE_LAST: _of_sources(lambda x: x.last_at.timestamp() if x.last_at else None),
    Measured.SALES_JUDGED: _balances(lambda each: each.judged),
    Measured.SALES_UNBALANCED: _balances(lambda each: each.unbalanced),
    Measured.NUMBERS_MISSING: _of_workstations(lambda each: each.missing),
    Measured.NUMBERS_REPEATED: _of_workstations(lambda each: each.repeated),
    Measured.TRANSACTIONS_LATE: _of_workstations(lambda each: each.late),
    Measured.PRINTER_REACHABLE: _of_sources(lambda source: source.reachable),
    Measured.CARDS_THROUGH: lambda status: [([], status.cards_through)],
    Measured.AGENT: lambda status: [([status.agent.version], 1.0)],
    Measured.UPTIME: lambda status: [([], status.agent.uptime_s)],
}

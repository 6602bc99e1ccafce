"""From the status to what stands on its page: every word and figure ready made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from agent.health.alarms import AlarmKind, Entry, Severity
from agent.health.status.facts import AlarmStatus, Status
from agent.health.status.tills import SourceStatus, TakenStatus, TillStatus, WorkstationStatus
from agent.tablet.screen import LineScreen, Moment
from models.shown.words import Language, Words

_NAMED: Final = frozenset(
    {
        AlarmKind.CAMERA_BLIND,
        AlarmKind.SALE_REFUSED,
        AlarmKind.TILL_BLOCKED,
        AlarmKind.TILL_FOLDER_MISSING,
        AlarmKind.TAP_DOWN,
        AlarmKind.CAPTURE_INCOMPLETE,
        AlarmKind.PRINTER_UNREACHABLE,
        AlarmKind.SEQUENCE_GAP,
        AlarmKind.SEQUENCE_REPEAT,
        AlarmKind.ARITHMETIC_DISAGREES,
    }
)
"""Alarms about something that the shop's configuration gave a name."""

_SPANS: Final = ((86_400.0, "span.days"), (3_600.0, "span.hours"), (60.0, "span.minutes"))
_UNITS: Final = ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB"))


@dataclass(frozen=True, slots=True)
class AlarmScreen:
    """One alarm: what is wrong, about what, since when, what to do, and what the log says.

    Attributes:
        logged: the detail is the log's, in English, and not the page's language.
    """

    key: str
    urgent: bool
    what: str
    about: str
    next: str
    since: Moment
    detail: str
    logged: bool


@dataclass(frozen=True, slots=True)
class StreamScreen:
    """One row of what waits."""

    name: str
    pending: str
    age: str


@dataclass(frozen=True, slots=True)
class BudgetScreen:
    """One bar: ``share`` is between 0 and 1."""

    name: str
    share: float
    text: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the list about this device."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class StatusScreen:
    """The whole page.

    Attributes:
        verdict: ``good``, ``watch`` or ``bad``.
        trouble: why the figures are old; empty when they are not.
        owed: events that wait to be confirmed.
        disk_free: empty when it is not known.
    """

    at: Moment
    verdict: str
    headline: str
    trouble: str
    alarms: list[AlarmScreen]
    owed: str
    oldest_sale: str
    acknowledged: Moment | None
    streams: list[StreamScreen]
    budgets: list[BudgetScreen]
    disk_free: str
    facts: list[Fact]
    line: LineScreen


class StatusScreens:
    """Makes screens for one shop."""

    def __init__(self, timezone: ZoneInfo, vocabulary: Mapping[AlarmKind, Entry]) -> None:
        self._timezone = timezone
        self._vocabulary = vocabulary

    def screen(self, status: Status, words: Words) -> StatusScreen:
        """The page as of the moment of the status."""
        urgent = any(alarm.severity is Severity.URGENT for alarm in status.alarms)
        verdict = "bad" if urgent else "watch" if status.alarms else "good"
        line = status.line
        acknowledged = line.acknowledged_at if line else None
        return StatusScreen(
            at=Moment(f"{status.at.astimezone(self._timezone):%H:%M:%S}", status.at.isoformat()),
            verdict=verdict,
            headline=words(f"status.{verdict}", count=len(status.alarms)),
            trouble=status.trouble,
            alarms=[self._alarm(alarm, words, status.at) for alarm in status.alarms],
            owed=f"{status.owed:,}",
            oldest_sale=_sale_age(status, words),
            acknowledged=self._moment(acknowledged, words, status.at) if acknowledged else None,
            streams=[
                StreamScreen(
                    words(f"stream.{stream.stream}"),
                    f"{stream.pending:,}",
                    span(stream.oldest_age_s, words) if stream.pending else "",
                )
                for stream in status.streams
            ],
            budgets=list(_budgets(status, words)),
            disk_free=size(status.room.disk_free_bytes) if status.room else "",
            facts=list(self._facts(status, words)),
            line=LineScreen(
                line is not None and line.online,
                self._moment(line.since if line else status.at, words, status.at),
            ),
        )

    def _alarm(self, alarm: AlarmStatus, words: Words, now: datetime) -> AlarmScreen:
        entry = self._vocabulary[alarm.alarm]
        said = entry.zh if words.language is Language.ZH else entry.en
        state = f"camera.{alarm.detail}" if alarm.alarm is AlarmKind.CAMERA_BLIND else ""
        ours = state in words.keys
        return AlarmScreen(
            key=f"{alarm.alarm}/{alarm.about}",
            urgent=alarm.severity is Severity.URGENT,
            what=said.what,
            about=alarm.about if alarm.alarm in _NAMED else "",
            next=said.next,
            since=self._moment(alarm.since, words, now),
            detail=words(state) if ours else alarm.detail,
            logged=not ours,
        )

    def _facts(self, status: Status, words: Words) -> Iterator[Fact]:
        yield Fact(words("status.device"), status.device)
        running = words("status.running", span=span(status.agent.uptime_s, words))
        yield Fact(words("status.agent"), f"{status.agent.version} · {running}")
        if status.clock:
            yield Fact(words("status.clock"), _clock(status, words))
        if status.till:
            yield Fact(words("status.till"), self._till(status.till, words, status.at))
        for source in status.sources:
            named = words(f"source.{source.kind}", name=source.name)
            yield Fact(named, self._source(source, words, status.at))
        for each in status.workstations:
            yield Fact(words("status.workstation", name=each.name), _numbers(each, words))
        if status.operators:
            yield Fact(words("status.cashiers"), words(f"cashiers.{status.operators.key}"))
        for camera in status.cameras:
            state = words(f"camera.{camera.state}")
            since = span(camera.since_s, words)
            yield Fact(words("status.camera", name=camera.name), f"{state} · {since}")
        yield Fact(words("status.refused"), _refused(status, words))
        yield Fact(words("status.gave_way"), _gave_way(status, words))
        yield Fact(words("status.cards"), str(status.cards_through))

    def _till(self, till: TillStatus, words: Words, now: datetime) -> str:
        if not till.folder_present:
            return words("status.till_missing")
        if till.blocked:
            return words("status.till_blocked")
        said = [words("status.till_waiting", count=till.waiting), *_taken(till.taken, words)]
        if till.last_file_at is not None:
            when = words.when(till.last_file_at, now, self._timezone)
            said.append(words("status.till_last", when=when))
        return " · ".join(said)

    def _source(self, source: SourceStatus, words: Words, now: datetime) -> str:
        said = [_how(source, words)]
        said += [words("source.sales", count=source.sales)] if source.sales else []
        said += [words("source.printed", count=source.prints)] if source.prints else []
        said += [words("source.set_aside", count=source.set_aside)] if source.set_aside else []
        said += [words("source.gaps", count=source.gaps)] if source.gaps else []
        said += _taken(source.taken, words)
        if source.last_at is not None:
            when = words.when(source.last_at, now, self._timezone)
            said.append(words("source.last", when=when))
        return " · ".join(said)

    def _moment(self, moment: datetime, words: Words, now: datetime) -> Moment:
        return Moment(words.when(moment, now, self._timezone), moment.isoformat())


def span(seconds: float, words: Words) -> str:
    """A time span in its greatest unit, as one says it."""
    for size, key in _SPANS:
        if seconds >= 2 * size:
            return words(key, n=round(seconds / size))
    return words("span.seconds", n=round(seconds))


def size(count: float) -> str:
    """An amount of bytes, in powers of 1,024."""
    for unit, name in _UNITS:
        if count >= unit:
            amount = count / unit
            return f"{amount:.0f} {name}" if amount >= 10 else f"{amount:.1f} {name}"  # noqa: PLR2004 - two digits say enough
    return f"{count:.0f} B"


def _how(source: SourceStatus, words: Words) -> str:
    """What stands in the way of a source, else what waits."""
    obstacles = {
        "source.not_started": not source.started,
        "source.blocked": bool(source.blocked),
        "source.missing": not source.present,
        "source.unreachable": source.reachable is False,
    }
    for key, is_so in obstacles.items():
        if is_so:
            return words(key)
    if source.waiting_bytes:
        return words("source.lag", amount=size(source.waiting_bytes))
    return (
        words("source.waiting", count=source.waiting) if source.waiting else words("source.ready")
    )


def _taken(taken: TakenStatus, words: Words) -> Iterator[str]:
    """What is odd about what came of a source."""
    if taken.late:
        yield words("taken.late", count=taken.late)
    for each in taken.balances:
        if each.unbalanced:
            yield words(
                "taken.unbalanced",
                count=each.unbalanced,
                judged=each.judged,
                profile=each.profile,
            )


def _numbers(each: WorkstationStatus, words: Words) -> str:
    """Which numbers are missing or were given twice."""
    said = [words("taken.missing", count=each.missing)] if each.missing else []
    said += [words("taken.repeated", count=each.repeated)] if each.repeated else []
    said += [words("taken.late", count=each.late)] if each.late else []
    said += [words("taken.ripening")] if each.ripening else []
    return " · ".join(said) or words("taken.whole")


def _sale_age(status: Status, words: Words) -> str:
    if status.oldest_sale_at is None:
        return words("status.no_sale_waits")
    return span((status.at - status.oldest_sale_at).total_seconds(), words)


def _budgets(status: Status, words: Words) -> Iterator[BudgetScreen]:
    room = status.room
    if room is None:
        return
    for budget in room.budgets:
        key = "status.budget_total" if budget.name == "total" else f"stream.{budget.name}"
        share = min(1.0, budget.used_bytes / max(1, budget.limit_bytes))
        amounts = {"used": size(budget.used_bytes), "limit": size(budget.limit_bytes)}
        yield BudgetScreen(words(key), round(share, 4), words("status.used_of", **amounts))


def _clock(status: Status, words: Words) -> str:
    if status.clock is None:
        return ""
    quality = words(f"clock.{status.clock.quality}")
    if status.clock.skew_s is None:
        return quality
    skew = words("status.skew", seconds=f"{status.clock.skew_s:+.1f}")
    return f"{quality} · {skew}"


def _refused(status: Status, words: Words) -> str:
    no_room = sum(status.room.refused.values()) if status.room else 0
    return words(
        "status.refused_counts",
        cloud=status.dead_letters,
        files=status.quarantined,
        room=no_room,
    )


def _gave_way(status: Status, words: Words) -> str:
    gave = status.room.gave_way if status.room else {}
    return words(
        "status.gave_way_counts", thinned=gave.get("thinned", 0), dropped=gave.get("dropped", 0)
    )

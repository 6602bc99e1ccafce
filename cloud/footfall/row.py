"""From an event to rows of the footfall tables. Pure, and safe against what a broken camera says.

What makes no sense is kept, flagged and in no figure: somebody has to see that a camera is broken,
and nobody may see its numbers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from cloud.footfall.dating import dated
from cloud.footfall.detail import (
    MOST_CROSSINGS,
    NO_CROWD,
    Row,
    adds_up,
    crowd_of,
    heat_rows,
    line_rows,
    zone_rows,
)
from cloud.ledger.entry import LedgerEntry
from cloud.storage.columns import to_ms
from models.wire.events.footfall import FootfallCounted, LineKind

DURATIONS_S: Final = (60, 300, 900, 3600)
"""Intervals that we take: each divides the next."""

_QUARTER_S: Final = 900
"""The step in which the world's time zones differ: what is no longer begins on a multiple of itself
and lies in one local hour. An hour begins with any quarter, since the device makes it an hour of
the shop's clock, which in some zones is half an hour beside UTC's."""

EARLIEST: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""Before it there was no agent: a clock that lost its time says 1970."""

LATEST_AHEAD: Final = timedelta(days=1)
"""How far a device's clock may be ahead of ours."""

MOST_LINES: Final = 64
MOST_REPLACED: Final = 1024
"""Four times what an agent puts into one event."""

LONGEST_NAME: Final = 64
_MOST_SAMPLES: Final = 10**6
_MINUTE_MS: Final = 60_000


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Oddity(StrEnum):
    """Why a report is in no figure."""

    TIME = "implausible_time"
    COUNT = "implausible_count"
    NAME = "unusable_name"


CONFLICT: Final = "conflict"
"""It met other content under its id or sequence; its people came in all the same."""


class Rows(NamedTuple):
    """What becomes of one event: nothing but the part where it makes no sense."""

    part: Row
    lines: Sequence[Row] = ()
    zones: Sequence[Row] = ()
    heat: Sequence[Row] = ()
    replaced: Sequence[Row] = ()


def rows_of(entry: LedgerEntry, counted: FootfallCounted) -> Rows:
    """The rows of one event, dated by our clock."""
    counted = dated(entry, counted)
    odd = list(_oddities(entry, counted))
    flags = [oddity.value for oddity in odd] + ([CONFLICT] if entry.conflict else [])
    where = {"tenant": entry.tenant, "store": entry.store, "device": entry.device}
    part = where | {
        "position": entry.position,
        "event_id": entry.event_id,
        "camera": _name(counted.camera),
        "ignored": bool(odd),
        "flags": " ".join(flags),
    }
    if odd:
        return Rows(part | _nothing(entry, counted, odd))
    replaced = [
        where | {"position": entry.position, "event_id": each}
        for each in sorted(set(counted.replaces))
    ]
    return Rows(
        part=part | _counts(counted) | {"replaces": len(replaced)},
        lines=line_rows(entry.position, counted.lines),
        zones=zone_rows(entry.position, counted.zones),
        heat=heat_rows(entry.position, counted.heat),
        replaced=replaced,
    )


def _counts(counted: FootfallCounted) -> Row:
    # Who walks past the shop did not come: a passing line's people are in its own row alone.
    doors = [tally for tally in counted.lines if tally.kind is LineKind.ENTRANCE]
    return {
        "begin_at_ms": to_ms(counted.begin_at),
        "duration_s": counted.duration_s,
        "observed_ms": min(counted.observed_ms, 1000 * counted.duration_s),
        "samples": counted.samples,
        "ingress": sum(tally.ingress for tally in doors),
        "egress": sum(tally.egress for tally in doors),
        "gaps": _gaps(counted),
        "audit": _name(counted.audit),
        **crowd_of(counted),
        "analyses": _name(counted.analyses),
    }


def _nothing(entry: LedgerEntry, counted: FootfallCounted, odd: list[Oddity]) -> Row:
    """Shown on the day that it speaks of, or on that of its arrival when that day is in doubt."""
    arrival_ms = to_ms(entry.received_at) // _MINUTE_MS * _MINUTE_MS
    return {
        "begin_at_ms": arrival_ms if Oddity.TIME in odd else to_ms(counted.begin_at),
        "duration_s": DURATIONS_S[0],
        "observed_ms": 0,
        "samples": 0,
        "ingress": 0,
        "egress": 0,
        "gaps": "{}",
        "replaces": 0,
        "audit": "",
        **NO_CROWD,
        "analyses": "",
    }


def _gaps(counted: FootfallCounted) -> str:
    lost: Counter[str] = Counter()
    for gap in counted.gaps:
        lost[gap.reason.value] += min(gap.ms, 1000 * counted.duration_s)
    return msgspec.json.encode(dict(sorted(lost.items()))).decode()


def _oddities(entry: LedgerEntry, counted: FootfallCounted) -> Iterator[Oddity]:
    if not _is_interval(counted, entry.received_at + LATEST_AHEAD):
        yield Oddity.TIME
    if not _is_plausible(counted):
        yield Oddity.COUNT
    if not _is_named_well(counted):
        yield Oddity.NAME


def _is_interval(counted: FootfallCounted, latest: datetime) -> bool:
    begin_at, duration_s = counted.begin_at, counted.duration_s
    return (
        duration_s in DURATIONS_S
        and begin_at.tzinfo is not None
        and EARLIEST <= begin_at <= latest
        and to_ms(begin_at) % (1000 * min(duration_s, _QUARTER_S)) == 0
    )


def _is_plausible(counted: FootfallCounted) -> bool:
    crossings = [count for tally in counted.lines for count in (tally.ingress, tally.egress)]
    return (
        adds_up(counted)
        and counted.observed_ms >= 0
        and 0 <= counted.samples <= _MOST_SAMPLES
        and len(counted.lines) <= MOST_LINES
        and all(0 <= count <= MOST_CROSSINGS for count in crossings)
        and all(gap.ms >= 0 for gap in counted.gaps)
    )


def _is_named_well(counted: FootfallCounted) -> bool:
    lines = [tally.line for tally in counted.lines]
    zones = [tally.zone for tally in counted.zones]
    return (
        len(set(lines)) == len(lines)
        and len(set(zones)) == len(zones)
        and all(map(is_name, (counted.camera, *lines, *zones)))
        and len(counted.replaces) <= MOST_REPLACED
        and all(map(_UUID.fullmatch, counted.replaces))
    )


def is_name(text: str) -> bool:
    """Whether it can be kept and shown as it stands."""
    return 0 < len(text) <= LONGEST_NAME and text.isprintable()


def _name(text: str) -> str:
    """Text that every database takes and every page can show: PostgreSQL refuses NUL."""
    return "".join(each for each in text[:LONGEST_NAME] if each.isprintable())

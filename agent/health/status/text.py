"""The status as a page of text for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, assert_never

from agent.health.status.facts import CameraStatus, LineStatus, RoomStatus, Status
from agent.health.status.numbers import said
from agent.health.status.tills import (
    OperatorKeyOrigin,
    OperatorsStatus,
    SourceKind,
    SourceStatus,
    TakenStatus,
    TillStatus,
    WorkstationStatus,
)

_MEGABYTE: Final = 1e6
_CASHIERS: Final = {
    OperatorKeyOrigin.NONE: "NO KEY: left out of sales, which are marked operator_left_out",
    OperatorKeyOrigin.FILE: "under pseudonyms by the key of operator_key_file",
    OperatorKeyOrigin.CLOUD: "under pseudonyms by the key from the cloud",
}
_UNITS: Final = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"))


def render(status: Status) -> str:
    """One fact a line; alarms first."""
    return "\n".join([*_alarms(status), *_itself(status), *_owed(status), *_surroundings(status)])


def duration(seconds: float) -> str:
    """A time span in its greatest unit: ``45 s``, ``12 min``, ``3 h``, ``2 d``."""
    for size, unit in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _alarms(status: Status) -> Iterator[str]:
    for alarm in status.alarms:
        about = f" ({alarm.about})" if alarm.about else ""
        since = f"since {alarm.since:%Y-%m-%d %H:%M} UTC"
        yield f"{alarm.severity.upper():12} {alarm.what}{about}, {since}"
        if alarm.detail:
            yield f"{'':12} {alarm.detail}"
        yield f"{'':12} → {alarm.next_step}"


def _itself(status: Status) -> Iterator[str]:
    yield f"device       {status.device}"
    agent = status.agent
    told = f"; last heard of {duration(agent.told_age_s)} ago" if agent.told_age_s else ""
    if agent.running:
        process = f" as process {agent.pid}" if agent.pid else ""
        yield f"agent        running{process}{told}"
    else:
        yield f"agent        NOT RUNNING{told}; what follows is read from its files"
    yield f"epoch        {status.epoch}"


def _owed(status: Status) -> Iterator[str]:
    for stream in status.streams:
        owed = f"{stream.pending} owed" if stream.pending else "nothing owed"
        age = f", the oldest for {stream.oldest_age_s:.0f} s" if stream.pending else ""
        yield f"{stream.stream:12} {owed}{age}; {stream.kept} kept, last sequence {stream.last}"
    if status.streams:
        yield f"oldest sale  {_oldest_sale(status)}"
    yield f"refused      {status.dead_letters} by the cloud, {status.quarantined} unreadable"
    if status.line:
        yield f"line         {_line(status.line)}"
    if status.room:
        yield from _room(status.room)


def _oldest_sale(status: Status) -> str:
    oldest = status.oldest_sale_at
    if oldest is None:
        return "none waits"
    return f"{oldest:%Y-%m-%d %H:%M:%S} UTC, {duration((status.at - oldest).total_seconds())} ago"


def _line(line: LineStatus) -> str:
    state = "connected to the cloud" if line.online else "no connection to the cloud"
    heard = (
        f"last acknowledgement {line.acknowledged_at:%Y-%m-%d %H:%M:%S} UTC"
        if line.acknowledged_at
        else "nothing acknowledged yet"
    )
    shared = "; ANOTHER BOX USES OUR NAME" if line.identity_shared else ""
    large = f"; {line.held_back} too large for the broker" if line.held_back else ""
    return f"{state} since {line.since:%Y-%m-%d %H:%M:%S} UTC; {heard}{shared}{large}"


def _room(room: RoomStatus) -> Iterator[str]:
    for budget in room.budgets:
        share = budget.used_bytes / budget.limit_bytes if budget.limit_bytes else 1.0
        yield (
            f"budget       {budget.name}: {budget.used_bytes / _MEGABYTE:.1f} of "
            f"{budget.limit_bytes / _MEGABYTE:.0f} MB ({share:.0%})"
        )
    gave = ", ".join(f"{count} {how}" for how, count in sorted(room.gave_way.items()) if count)
    refused = ", ".join(f"{count} {name}" for name, count in sorted(room.refused.items()) if count)
    yield (
        f"disk         {room.disk_free_bytes / _MEGABYTE:.0f} MB free; gave way: "
        f"{gave or 'nothing'}; found no room: {refused or 'nothing'}"
    )


def _wanted(camera: CameraStatus) -> str:
    return f" of {camera.wanted_fps:g} wanted" if camera.wanted_fps else ""


def _surroundings(status: Status) -> Iterator[str]:
    if status.till:
        yield f"till         {_till(status.till)}"
    for source in status.sources:
        yield f"{source.kind:12} {source.name}: {_source(source)}"
    yield from _workstations(status)
    if status.operators:
        yield f"cashiers     {_operators(status.operators)}"
    for camera in status.cameras:
        yield (
            f"camera       {camera.name}: {camera.state} for {camera.since_s:.0f} s, "
            f"{camera.sampled_fps:g} pictures a second{_wanted(camera)} "
            f"(shown {camera.shown_s:.0f} s ago){''.join(f'; {t}' for t in camera.troubles)}"
        )
    if status.clock:
        skew = status.clock.skew_s
        said = f"{skew:+.1f} s from the cloud's" if skew is not None else "not compared yet"
        yield f"clock        {status.clock.quality}, {said}"
    yield f"cards        {status.cards}, feed applied through {status.cards_through}"
    yield f"outbox       {status.outbox_bytes / _MEGABYTE:.1f} MB"


def _till(till: TillStatus) -> str:
    if not till.folder_present:
        return "its folder is missing"
    waits = till.blocked or f"{till.waiting} files waiting"
    return "; ".join((waits, *_taken(till.taken)))


def _taken(taken: TakenStatus) -> Iterator[str]:
    """What came into the outbox, and what is odd about it."""
    if taken.captured:
        yield f"{taken.captured} new"
    if taken.late:
        yield f"{taken.late} late"
    for each in taken.balances:
        if each.unbalanced:
            yield f"{each.unbalanced} of the last {each.judged} do not add up ({each.profile})"


def _workstations(status: Status) -> Iterator[str]:
    if status.books_trouble:
        yield f"books        NOT KEPT: {status.books_trouble}"
    for each in status.workstations:
        yield f"workstation  {each.name}: {'; '.join(_numbers(each)) or 'no number is missing'}"


def _operators(operators: OperatorsStatus) -> str:
    refused = f"; the last key that came was refused: {operators.refused}"
    return _CASHIERS[operators.key] + (refused if operators.refused else "")


def _numbers(each: WorkstationStatus) -> Iterator[str]:
    if each.missing:
        yield f"{each.missing} missing: {said(each.gaps)}"
    if each.repeated:
        yield f"{each.repeated} given twice: {said(each.repeats)}"
    if each.late:
        yield f"{each.late} late"
    if each.ripening:
        yield "some may still come"


def _source(source: SourceStatus) -> str:
    return "; ".join(part for part in (_how(source), *_counts(source)) if part)


def _how(source: SourceStatus) -> str:
    """What stands in the way, and what waits."""
    if not source.started:
        return f"NOT STARTED: {source.blocked}"
    if source.blocked:
        return f"BLOCKED: {source.blocked}"
    return _at_work(source) if source.present else "its folder or file is missing"


def _at_work(source: SourceStatus) -> str:
    match source.kind:
        case SourceKind.JOURNAL:
            return f"{source.waiting_bytes} bytes to read"
        case SourceKind.PRINTS:
            return f"{source.waiting} files waiting"
        case SourceKind.TAP:
            away = source.reachable is False
            return f"its printer does not answer ({source.unreachable_why})" if away else "ready"
        case SourceKind.DATABASE | SourceKind.WEB | SourceKind.ODOO:
            return "ready" if source.at_ease else "not read yet"
        case _:
            assert_never(source.kind)


def _counts(source: SourceStatus) -> Iterator[str]:
    """What came since the agent started."""
    match source.kind:
        case SourceKind.TAP:
            yield f"{source.prints} receipts"
        case SourceKind.PRINTS:
            yield f"{source.prints} files, {source.sales} sales"
        case SourceKind.JOURNAL | SourceKind.DATABASE | SourceKind.WEB | SourceKind.ODOO:
            yield f"{source.sales} sales"
        case _:
            assert_never(source.kind)
    if source.set_aside:
        yield f"{source.set_aside} set aside"
    if source.gaps:
        yield f"{source.gaps} gaps, {source.lost_bytes} bytes lost"
    if source.last_at:
        yield f"last one {source.last_at:%Y-%m-%d %H:%M:%S} UTC"
    yield from _taken(source.taken)

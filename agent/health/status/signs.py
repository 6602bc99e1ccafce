"""From what is known of the agent to the alarms that stand: one rule per kind, all of them pure.

A rule that cannot judge says so, and an alarm of before then stays (see ``alarms.board``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from agent.health.alarms.board import Sign, Trouble
from agent.health.alarms.vocabulary import AlarmKind
from agent.health.status.facts import (
    BalanceStatus,
    SourceKind,
    SourceStatus,
    Status,
    TillStatus,
)
from agent.health.status.numbers import said

OFFLINE_S: Final = 900.0
"""Routers restart and lines flap; a quarter of an hour is longer than both."""

OVERDUE_S: Final = 3600.0
"""A sale reaches the ledger within seconds; after an hour somebody should know."""

BLIND_S: Final = 60.0
"""Cameras come back by themselves from most losses within a minute."""

NEARLY_FULL: Final = 0.9

SKEW_S: Final = 120.0
"""So far off, the agent itself no longer believes the wall clock (``agent.clock``)."""

LEAST_JUDGED: Final = 20
"""Of fewer sales no share is told."""

UNBALANCED_SHARE: Final = 0.05
"""A right profile leaves single odd receipts; a wrong one, or a till's new version, leaves many."""

_TAP: Final = SourceKind.TAP
_ALONE: Final = frozenset({""})
_WATCHING: Final = "watching"
_BLIND_STATES: Final = frozenset({"lost", "stalled", "refused"})
_UNCLEAR_STATES: Final = frozenset({"starting"})


def signs(status: Status, salvages: Sequence[Trouble]) -> list[Sign]:
    """What a look at the agent says, for every kind of alarm.

    Args:
        status: as the agent is now.
        salvages: repairs of the outbox that nobody has acknowledged.
    """
    found = [rule(status) for rule in _RULES]
    return [*found, Sign(AlarmKind.OUTBOX_SALVAGED, salvages)]


def _sale_refused(status: Status) -> Sign:
    return _of_tills(
        AlarmKind.SALE_REFUSED,
        status,
        lambda each: each.out_of_room,
        lambda each: each.blocked,
    )


def _till_blocked(status: Status) -> Sign:
    return _of_tills(
        AlarmKind.TILL_BLOCKED,
        status,
        lambda each: bool(each.blocked) and not each.out_of_room,
        lambda each: each.blocked,
    )


def _till_folder_missing(status: Status) -> Sign:
    missing = [each.name for each in status.sources if not each.present]
    if status.till is not None and not status.till.folder_present:
        missing.append("")
    return Sign(AlarmKind.TILL_FOLDER_MISSING, [Trouble(name) for name in missing])


def _of_tills(
    kind: AlarmKind,
    status: Status,
    stands: Callable[[TillStatus | SourceStatus], bool],
    detail: Callable[[TillStatus | SourceStatus], str],
) -> Sign:
    """What stands of the till's folder, which has no name, and of every source by its name.

    Where nobody has looked yet, nothing can be judged. A tap that cannot start has an alarm of its
    own.
    """
    looked_at: dict[str, TillStatus | SourceStatus] = {
        each.name: each for each in status.sources if each.started or each.kind is not _TAP
    }
    if status.till is not None:
        looked_at[""] = status.till
    troubles = [Trouble(name, detail(each)) for name, each in looked_at.items() if stands(each)]
    return Sign(
        kind, troubles, frozenset(name for name, each in looked_at.items() if not each.at_ease)
    )


def _tap_down(status: Status) -> Sign:
    down = [each for each in status.sources if each.kind is _TAP and not each.started]
    return Sign(AlarmKind.TAP_DOWN, [Trouble(each.name, each.blocked) for each in down])


def _capture_incomplete(status: Status) -> Sign:
    return Sign(
        AlarmKind.CAPTURE_INCOMPLETE,
        [Trouble(each.name, _gaps(each)) for each in status.sources if each.gaps],
    )


def _sequence_gap(status: Status) -> Sign:
    ripening = frozenset(each.name for each in status.workstations if each.ripening)
    troubles = [
        Trouble(each.name, f"missing: {said(recent)}")
        for each in status.workstations
        if (recent := [gap for gap in each.gaps if gap.recent])
    ]
    return Sign(AlarmKind.SEQUENCE_GAP, troubles, ripening)


def _sequence_repeat(status: Status) -> Sign:
    return Sign(
        AlarmKind.SEQUENCE_REPEAT,
        [
            Trouble(each.name, f"given twice: {said(recent)}")
            for each in status.workstations
            if (recent := [repeat for repeat in each.repeats if repeat.recent])
        ],
    )


def _arithmetic_disagrees(status: Status) -> Sign:
    """Where too few sales came since the start, an alarm of before stays."""
    taken = [(each.name, each.taken) for each in status.sources]
    if status.till is not None:
        taken.append(("", status.till.taken))
    troubles = [
        Trouble(name, "; ".join(map(_share, odd)))
        for name, each in taken
        if (odd := [balance for balance in each.balances if _is_odd(balance)])
    ]
    unclear = (
        name
        for name, each in taken
        if not any(balance.judged >= LEAST_JUDGED for balance in each.balances)
    )
    return Sign(AlarmKind.ARITHMETIC_DISAGREES, troubles, frozenset(unclear))


def _is_odd(balance: BalanceStatus) -> bool:
    return balance.judged >= LEAST_JUDGED and balance.unbalanced > UNBALANCED_SHARE * balance.judged


def _share(balance: BalanceStatus) -> str:
    return (
        f"profile {balance.profile}: {balance.unbalanced} of the last {balance.judged} sales "
        f"({balance.unbalanced / balance.judged:.0%})"
    )


def _books_not_kept(status: Status) -> Sign:
    return _sign(AlarmKind.BOOKS_NOT_KEPT, bool(status.books_trouble), status.books_trouble)


def _gaps(source: SourceStatus) -> str:
    counts = {
        "breaks in the journal": source.breaks,
        "receipts not whole": source.broken_prints,
        "bytes printed and not written down": source.lost_bytes,
        "mistakes of the tap": source.failures,
    }
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)


def _printer_unreachable(status: Status) -> Sign:
    return Sign(
        AlarmKind.PRINTER_UNREACHABLE,
        [
            Trouble(each.name, each.unreachable_why)
            for each in status.sources
            if each.reachable is False
        ],
    )


def _outbox_unreadable(status: Status) -> Sign:
    return _sign(AlarmKind.OUTBOX_UNREADABLE, bool(status.trouble), status.trouble)


def _room_low(status: Status) -> Sign:
    room = status.room
    if room is None:
        return _sign(AlarmKind.ROOM_LOW, stands=False, unclear=True)
    spent = [each for each in room.budgets if each.used_bytes > NEARLY_FULL * each.limit_bytes]
    total = [each for each in spent if each.name == "total"]  # the others give way by themselves
    troubles = [Trouble("budget", f"{each.used_bytes} of {each.limit_bytes}") for each in total]
    if room.disk_free_bytes < room.disk_floor_bytes:
        troubles.append(Trouble("disk", f"{room.disk_free_bytes} free"))
    return Sign(AlarmKind.ROOM_LOW, troubles)


def _login_refused(status: Status) -> Sign:
    refused = status.line.login_refused if status.line else None
    return _sign(AlarmKind.LOGIN_REFUSED, bool(refused), unclear=refused is None)


def _line_faulty(status: Status) -> Sign:
    fault = status.line.fault if status.line else None
    return _sign(AlarmKind.LINE_FAULTY, bool(fault), fault or "", unclear=fault is None)


def _identity_shared(status: Status) -> Sign:
    shared = status.line.identity_shared if status.line else None
    return _sign(AlarmKind.IDENTITY_SHARED, bool(shared), unclear=shared is None)


def _events_held_back(status: Status) -> Sign:
    count = status.line.held_back if status.line else None
    return _sign(AlarmKind.EVENTS_HELD_BACK, bool(count), f"{count}", unclear=count is None)


def _ledger_silent(status: Status) -> Sign:
    silent = status.line.ledger_silent if status.line else None
    return _sign(AlarmKind.LEDGER_SILENT, bool(silent), unclear=silent is None)


def _offline(status: Status) -> Sign:
    line = status.line
    if line is None or line.online:
        return _sign(AlarmKind.OFFLINE, stands=False, unclear=line is None)
    stands = status.at - line.since > timedelta(seconds=OFFLINE_S)
    return Sign(AlarmKind.OFFLINE, [Trouble(since=line.since)] if stands else [], _ALONE)


def _sale_overdue(status: Status) -> Sign:
    oldest = status.oldest_sale_at
    if oldest is None:
        return _sign(AlarmKind.SALE_OVERDUE, stands=False, unclear=bool(status.trouble))
    stands = status.at - oldest > timedelta(seconds=OVERDUE_S)
    return Sign(AlarmKind.SALE_OVERDUE, [Trouble(since=oldest)] if stands else [])


def _events_rejected(status: Status) -> Sign:
    count = status.dead_letters
    return _sign(AlarmKind.EVENTS_REJECTED, count > 0, f"{count}")


def _files_quarantined(status: Status) -> Sign:
    return _sign(AlarmKind.FILES_QUARANTINED, status.quarantined > 0, f"{status.quarantined}")


def _camera_blind(status: Status) -> Sign:
    return Sign(
        AlarmKind.CAMERA_BLIND,
        [
            Trouble(each.name, each.state, status.at - timedelta(seconds=each.since_s))
            for each in status.cameras
            if each.state in _BLIND_STATES and each.since_s >= BLIND_S
        ],
        frozenset(
            each.name for each in status.cameras if each.state in _UNCLEAR_STATES | _BLIND_STATES
        ),
    )


def _camera_trouble(kind: AlarmKind, trouble: str, status: Status) -> Sign:
    """A camera that gives no pictures says nothing of the trouble that it had."""
    return Sign(
        kind,
        [
            Trouble(each.name)
            for each in status.cameras
            if each.state == _WATCHING and trouble in each.troubles
        ],
        frozenset(
            each.name for each in status.cameras if each.state in _UNCLEAR_STATES | _BLIND_STATES
        ),
    )


def _clock_wrong(status: Status) -> Sign:
    clock = status.clock
    if clock is None:
        return _sign(AlarmKind.CLOCK_WRONG, stands=False, unclear=True)
    skewed = abs(clock.skew_s or 0.0) > SKEW_S
    detail = f"{clock.skew_s:+.0f} s" if skewed else clock.quality
    return _sign(AlarmKind.CLOCK_WRONG, skewed or clock.quality == "unset", detail)


def _sign(kind: AlarmKind, stands: bool, detail: str = "", *, unclear: bool = False) -> Sign:
    return Sign(
        kind, [Trouble(detail=detail)] if stands else [], _ALONE if unclear else frozenset()
    )


_RULES: Final[tuple[Callable[[Status], Sign], ...]] = (
    _sale_refused,
    _till_blocked,
    _tap_down,
    _outbox_unreadable,
    _login_refused,
    _line_faulty,
    _identity_shared,
    _ledger_silent,
    _sale_overdue,
    _offline,
    _events_held_back,
    _room_low,
    _events_rejected,
    _files_quarantined,
    _capture_incomplete,
    _sequence_gap,
    _sequence_repeat,
    _arithmetic_disagrees,
    _books_not_kept,
    _till_folder_missing,
    _printer_unreachable,
    _camera_blind,
    partial(_camera_trouble, AlarmKind.CAMERA_BLOCKED, "blocked"),
    partial(_camera_trouble, AlarmKind.CAMERA_MOVED, "moved"),
    partial(_camera_trouble, AlarmKind.CAMERA_DARK, "dark"),
    partial(_camera_trouble, AlarmKind.CAMERA_FROZEN, "frozen"),
    _clock_wrong,
)

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
from agent.health.status.facts import Status
from agent.health.status.till_signs import (
    arithmetic_disagrees,
    capture_incomplete,
    printer_unreachable,
    sale_refused,
    sequence_gap,
    sequence_repeat,
    tap_down,
    till_blocked,
    till_folder_missing,
)

OFFLINE_S: Final = 900.0
"""Routers restart and lines flap; a quarter of an hour is longer than both."""

OVERDUE_S: Final = 3600.0
"""A sale reaches the ledger within seconds; after an hour somebody should know."""

BLIND_S: Final = 60.0
"""Cameras come back by themselves from most losses within a minute."""

NEARLY_FULL: Final = 0.9

SKEW_S: Final = 120.0
"""So far off, the agent itself no longer believes the wall clock (``agent.clock``)."""

_ALONE: Final = frozenset({""})
_WATCHING: Final = "watching"
_BLIND_STATES: Final = frozenset({"lost", "stalled", "refused", "slow"})
_UNCLEAR_STATES: Final = frozenset({"starting"})


def signs(status: Status, salvages: Sequence[Trouble]) -> list[Sign]:
    """What a look at the agent says, for every kind of alarm.

    Args:
        status: as the agent is now.
        salvages: repairs of the outbox that nobody has acknowledged.
    """
    found = [rule(status) for rule in _RULES]
    return [*found, Sign(AlarmKind.OUTBOX_SALVAGED, salvages)]


def _books_not_kept(status: Status) -> Sign:
    return _sign(AlarmKind.BOOKS_NOT_KEPT, bool(status.books_trouble), status.books_trouble)


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
    sale_refused,
    till_blocked,
    tap_down,
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
    capture_incomplete,
    sequence_gap,
    sequence_repeat,
    arithmetic_disagrees,
    _books_not_kept,
    till_folder_missing,
    printer_unreachable,
    _camera_blind,
    partial(_camera_trouble, AlarmKind.CAMERA_BLOCKED, "blocked"),
    partial(_camera_trouble, AlarmKind.CAMERA_MOVED, "moved"),
    partial(_camera_trouble, AlarmKind.CAMERA_DARK, "dark"),
    partial(_camera_trouble, AlarmKind.CAMERA_FROZEN, "frozen"),
    partial(_camera_trouble, AlarmKind.CAMERA_GARBLED, "garbled"),
    _clock_wrong,
)

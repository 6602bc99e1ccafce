"""The alarms of tills and other sources of sales: one pure rule per kind (see ``signs``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from agent.health.alarms.board import Sign, Trouble
from agent.health.alarms.vocabulary import AlarmKind
from agent.health.status.facts import Status
from agent.health.status.numbers import said
from agent.health.status.tills import BalanceStatus, SourceKind, SourceStatus, TillStatus

LEAST_JUDGED: Final = 20
"""Of fewer sales no share is told."""

UNBALANCED_SHARE: Final = 0.05
"""A right profile leaves single odd receipts; a wrong one, or a till's new version, leaves many."""

_TAP: Final = SourceKind.TAP


def sale_refused(status: Status) -> Sign:
    """A source that has no room for its sales."""
    return _of_tills(
        AlarmKind.SALE_REFUSED,
        status,
        lambda each: each.out_of_room,
        lambda each: each.blocked,
    )


def till_blocked(status: Status) -> Sign:
    """A source that takes nothing, for another reason."""
    return _of_tills(
        AlarmKind.TILL_BLOCKED,
        status,
        lambda each: bool(each.blocked) and not each.out_of_room,
        lambda each: each.blocked,
    )


def till_folder_missing(status: Status) -> Sign:
    """A journal or folder that is not there."""
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


def tap_down(status: Status) -> Sign:
    """A tap that tills cannot print to."""
    down = [each for each in status.sources if each.kind is _TAP and not each.started]
    return Sign(AlarmKind.TAP_DOWN, [Trouble(each.name, each.blocked) for each in down])


def capture_incomplete(status: Status) -> Sign:
    """A source of which something may be missing."""
    return Sign(
        AlarmKind.CAPTURE_INCOMPLETE,
        [Trouble(each.name, _gaps(each)) for each in status.sources if each.gaps],
    )


def sequence_gap(status: Status) -> Sign:
    """A workstation on which numbers are missing lately."""
    ripening = frozenset(each.name for each in status.workstations if each.ripening)
    troubles = [
        Trouble(each.name, f"missing: {said(recent)}")
        for each in status.workstations
        if (recent := [gap for gap in each.gaps if gap.recent])
    ]
    return Sign(AlarmKind.SEQUENCE_GAP, troubles, ripening)


def sequence_repeat(status: Status) -> Sign:
    """A workstation that gave numbers twice lately."""
    return Sign(
        AlarmKind.SEQUENCE_REPEAT,
        [
            Trouble(each.name, f"given twice: {said(recent)}")
            for each in status.workstations
            if (recent := [repeat for repeat in each.repeats if repeat.recent])
        ],
    )


def arithmetic_disagrees(status: Status) -> Sign:
    """A source whose sales do not add up.

    Where too few sales came since the start, an alarm of before stays.
    """
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


def _gaps(source: SourceStatus) -> str:
    counts = {
        "breaks in the journal": source.breaks,
        "receipts not whole": source.broken_prints,
        "bytes printed and not written down": source.lost_bytes,
        "mistakes of the tap": source.failures,
    }
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)


def printer_unreachable(status: Status) -> Sign:
    """A tap whose printer does not answer."""
    return Sign(
        AlarmKind.PRINTER_UNREACHABLE,
        [
            Trouble(each.name, each.unreachable_why)
            for each in status.sources
            if each.reachable is False
        ],
    )

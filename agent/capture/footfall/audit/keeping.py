"""An audit's figures as they are kept and told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from agent.capture.footfall.audit.marks import Begun
from agent.capture.footfall.audit.score import Figure, Score, Tally, Windows
from agent.capture.footfall.audit.standing import KeptAudit, audit_id
from models.wire.events.footfall_audit import (
    AuditedWay,
    AuditFigure,
    AuditTally,
    FootfallAudited,
)

_DIGITS = 4


def kept_of(camera: str, begun: Begun, score: Score, audited_at: datetime) -> KeptAudit:
    """What is kept of an audit that says of what it holds for, by which rule and network."""
    minute, quarter = score.windows
    audited = FootfallAudited(
        camera=camera,
        audit="",
        audited_at=audited_at,
        watched_s=round(score.watched_s, 3),
        tolerance_s=score.tolerance_s,
        rule=begun.rule,
        network=begun.network,
        total=_tally(score.total),
        sides=list(_sides(score)),
        f1=_figure(score.total.f1),
        bias=_figure(score.total.bias),
        wape_minute=_wape(minute),
        wape_quarter=_wape(quarter),
        drift_per_hour=round(score.drift.per_hour, _DIGITS),
        staff=None if score.staff is None else _tally(score.staff),
        wape_groups=None if score.groups is None else _wape(score.groups),
        live=bool(begun.began_at),
    )
    named = msgspec.structs.replace(audited, audit=audit_id(begun.holds_for, audited))
    return KeptAudit(begun.holds_for, named)


def _sides(score: Score) -> Iterator[AuditTally]:
    for line, directions in score.lines.items():
        for direction, tally in directions.items():
            yield _tally(tally, line, AuditedWay(direction))


def _tally(tally: Tally, line: str = "", way: AuditedWay | None = None) -> AuditTally:
    return AuditTally(
        seen=tally.seen,
        told=tally.told,
        hits=tally.hits,
        recall=_figure(tally.recall),
        precision=_figure(tally.precision),
        line=line,
        way=way,
    )


def _wape(windows: Windows) -> AuditFigure | None:
    return _figure(windows.wape)


def _figure(figure: Figure | None) -> AuditFigure | None:
    if figure is None:
        return None
    return AuditFigure(
        value=round(figure.value, _DIGITS), low=_rounded(figure.low), high=_rounded(figure.high)
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)

"""How far the counts were ever checked: the audits of cameras, kept and read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BindParameter,
    Connection,
    bindparam,
    delete,
    insert,
    select,
)

from cloud.footfall.detail import Row
from cloud.footfall.interval import CameraKey, Part
from cloud.footfall.row import is_name
from cloud.footfall.tables import AUDIT
from cloud.ledger.entry import LedgerEntry
from cloud.storage.columns import to_ms
from models.wire.events.footfall_audit import AuditFigure, AuditTally, FootfallAudited
from models.wire.ids import DeviceId, StoreId, TenantId

_MOST_SIDES: Final = 128
"""Both directions of as many lines as a count may have."""

_LONGEST_S: Final = 7 * 86_400.0
_POSITIONS: Final[BindParameter[Any]] = bindparam("positions", expanding=True)
_FORGET: Final = delete(AUDIT).where(AUDIT.c.position.in_(_POSITIONS))
_FIGURES: Final = msgspec.json.Decoder(FootfallAudited)


@dataclass(frozen=True, slots=True)
class KnownAudit:
    """An audit of a camera, beside counts.

    Attributes:
        holds: the newest of these counts were made in the way that was audited. Where False, the
            camera, a line, the rule or the network was another, and it says nothing of them.
    """

    audited: FootfallAudited
    holds: bool


def keep(connection: Connection, found: Sequence[Row]) -> None:
    """Put audits in; again is as good as once."""
    connection.execute(_FORGET, {"positions": [row["position"] for row in found]})
    connection.execute(insert(AUDIT), list(found))


def audit_row(entry: LedgerEntry, audited: FootfallAudited) -> Row | None:
    """The row of an audit; None where it makes no sense, for nobody may see such figures."""
    if not _is_plausible(audited):
        return None
    return {
        "position": entry.position,
        "tenant": entry.tenant,
        "store": entry.store,
        "device": entry.device,
        "camera": audited.camera,
        "audit": audited.audit,
        "audited_at_ms": to_ms(audited.audited_at),
        "figures": msgspec.json.encode(audited).decode(),
    }


def audits_beside(
    connection: Connection, tenant: TenantId, store: StoreId, parts: Iterable[Part]
) -> Mapping[CameraKey, KnownAudit]:
    """What to show beside the counts of these parts, of every camera that ever had an audit.

    The audit that the newest of them bear, else the camera's last one, which does not hold for
    them. Nothing before them is looked at, so a camera that is long gone costs nothing.
    """
    query = (
        select(AUDIT.c.device, AUDIT.c.camera, AUDIT.c.audit, AUDIT.c.figures)
        .where(AUDIT.c.tenant == tenant, AUDIT.c.store == store)
        .order_by(AUDIT.c.position)
    )
    ever: defaultdict[CameraKey, dict[str, str]] = defaultdict(dict)
    for device, camera, audit, figures in connection.execute(query):
        ever[CameraKey(DeviceId(device), camera)][audit] = figures
    borne = _borne(parts)
    return {key: _beside(audits, borne.get(key, "")) for key, audits in ever.items()}


def _beside(audits: Mapping[str, str], borne: str) -> KnownAudit:
    figures = audits.get(borne) or list(audits.values())[-1]
    return KnownAudit(_FIGURES.decode(figures), holds=borne in audits)


def _borne(parts: Iterable[Part]) -> dict[CameraKey, str]:
    """The id that each camera's newest watched part bears; empty for none."""
    watched = [part for part in parts if part.observed_ms and not part.ignored]
    by_age = sorted(watched, key=lambda part: (part.begin_at_ms, part.position))
    return {part.key: part.audit for part in by_age}


def _is_plausible(audited: FootfallAudited) -> bool:
    return (
        is_name(audited.camera)
        and is_name(audited.audit)
        and 0 < audited.watched_s <= _LONGEST_S
        and len(audited.sides) <= _MOST_SIDES
        and all(map(_adds_up, (audited.total, *audited.sides)))
        and all(not side.line or is_name(side.line) for side in audited.sides)
    )


def _adds_up(tally: AuditTally) -> bool:
    return 0 <= tally.hits <= min(tally.seen, tally.told) and all(
        map(_is_share, (tally.recall, tally.precision))
    )


def _is_share(figure: AuditFigure | None) -> bool:
    return figure is None or all(
        each is None or 0 <= each <= 1 for each in (figure.value, figure.low, figure.high)
    )

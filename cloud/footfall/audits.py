"""How far the counts were ever checked: the audits of cameras, kept and read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import BindParameter, Connection, and_, bindparam, delete, func, insert, select

from cloud.footfall.detail import Row
from cloud.footfall.reports import CameraKey
from cloud.footfall.row import is_name
from cloud.footfall.tables import AUDIT, PART
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
    """The last audit of a camera.

    Attributes:
        holds: the camera's newest counts were made in the way that was audited. Where False, the
            camera, a line, the rule or the network has changed since, and it says nothing of them.
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


def last_audits(
    connection: Connection, tenant: TenantId, store: StoreId
) -> Mapping[CameraKey, KnownAudit]:
    """The last audit of every camera of a store that ever had one, inside the caller's reading."""
    newest = _newest_counts(connection, tenant, store)
    here = and_(AUDIT.c.tenant == tenant, AUDIT.c.store == store)
    last = select(func.max(AUDIT.c.position)).where(here).group_by(AUDIT.c.device, AUDIT.c.camera)
    query = select(AUDIT.c.device, AUDIT.c.camera, AUDIT.c.audit, AUDIT.c.figures).where(
        AUDIT.c.position.in_(last)
    )
    known: dict[CameraKey, KnownAudit] = {}
    for device, camera, audit, figures in connection.execute(query):
        key = CameraKey(DeviceId(device), camera)
        known[key] = KnownAudit(_FIGURES.decode(figures), holds=newest.get(key) == audit)
    return known


def _newest_counts(
    connection: Connection, tenant: TenantId, store: StoreId
) -> Mapping[CameraKey, str]:
    """The audit that each camera's newest counted interval bears."""
    audited = select(AUDIT.c.device, AUDIT.c.camera).where(
        AUDIT.c.tenant == tenant, AUDIT.c.store == store
    )
    here = and_(PART.c.tenant == tenant, PART.c.store == store, PART.c.ignored.is_(False))
    newest: dict[CameraKey, str] = {}
    for device, camera in connection.execute(audited.distinct()):
        query = (
            select(PART.c.audit)
            .where(here, PART.c.device == device, PART.c.camera == camera, PART.c.observed_ms > 0)
            .order_by(PART.c.begin_at_ms.desc(), PART.c.position.desc())
            .limit(1)
        )
        newest[CameraKey(DeviceId(device), camera)] = (
            connection.execute(query).scalar_one_or_none() or ""
        )
    return newest


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

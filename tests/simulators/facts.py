"""Sales, footfall, members and batches for tests: plain builders with every knob a keyword."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from random import Random
from typing import Any

import msgspec

from models.wire.codec import Codec
from models.wire.digest import content_digest
from models.wire.envelope import ClockQuality, Moment, compose, stamp
from models.wire.events.footfall import (
    FootfallCounted,
    Gap,
    GapReason,
    LineTally,
    Mark,
    MarkKind,
    ZoneTally,
)
from models.wire.events.footfall_audit import AuditFigure, AuditTally, FootfallAudited
from models.wire.events.sale import (
    Capture,
    Kind,
    Line,
    LineKind,
    Loyalty,
    SaleRecorded,
    Scheme,
    Status,
    Tender,
    natural_key,
)
from models.wire.ids import DeviceId, DevicePath, StoreId, TenantId, keyed_event_id
from models.wire.registry import SALE_RECORDED

SHOP = DevicePath(TenantId("demo"), StoreId("sh-0001"), DeviceId("sh-0001-pos1"))
SHANGHAI = timezone(timedelta(hours=8))
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
EPOCH = "0123456789abcdef0123456789abcdef"


def a_sale(
    sequence: int = 1,
    *,
    total_minor: int = 1250,
    phone: str | None = None,
    card: str | None = None,
    store: str = "sh-0001",
    workstation: str = "1",
    day: date = date(2026, 11, 22),
    kind: Kind = Kind.RETAIL,
    status: Status = Status.COMPLETED,
    lines: int = 2,
    family_name: str = "",
    end_at: datetime | None = None,
) -> SaleRecorded:
    """One transaction whose lines add up to its total, with its revision filled in."""
    loyalty = []
    if phone:
        loyalty.append(Loyalty(scheme=Scheme.PHONE, value=phone, family_name=family_name))
    if card:
        loyalty.append(Loyalty(scheme=Scheme.CARD, value=card, programme="house"))
    sale = SaleRecorded(
        natural_key=natural_key(store, store, workstation, day, str(sequence)),
        revision="",
        kind=kind,
        status=status,
        business_unit=store,
        workstation_id=workstation,
        sequence_number=str(sequence),
        business_day_date=day,
        end_at=end_at or datetime(2026, 11, 22, 12, 0, tzinfo=SHANGHAI),
        currency="CNY",
        capture=Capture(adapter="poslog", profile="test", profile_version=1, raw_sha256="00" * 32),
        total_minor=total_minor if kind is Kind.RETAIL else 0,
        lines=_lines(total_minor, lines) if kind is Kind.RETAIL else [],
        tenders=[Tender(type="cash", amount_minor=total_minor)] if kind is Kind.RETAIL else [],
        loyalty=loyalty,
    )
    return with_revision(sale)


def a_minute(
    begin_at: datetime = NOON,
    *,
    ingress: int = 0,
    egress: int = 0,
    camera: str = "door",
    line: str = "doorstep",
    observed_ms: int | None = None,
    duration_s: int = 60,
    gaps: Mapping[GapReason, int] | None = None,
) -> FootfallCounted:
    """What a camera with one line counted in a minute, watched but for its gaps."""
    lost = gaps or {}
    seen_ms = 1000 * duration_s - sum(lost.values()) if observed_ms is None else observed_ms
    watched = seen_ms > 0
    return FootfallCounted(
        camera=camera,
        begin_at=begin_at,
        duration_s=duration_s,
        observed_ms=seen_ms,
        samples=seen_ms // 200,
        lines=[LineTally(line=line, ingress=ingress, egress=egress)] if watched else [],
        gaps=[Gap(reason=reason, ms=ms) for reason, ms in lost.items()],
        network="yolox-nano@01234567",
        rule="segment-band-1",
    )


def an_unwatched_minute(
    begin_at: datetime = NOON, reason: GapReason = GapReason.LOST, *, camera: str = "door"
) -> FootfallCounted:
    """A minute in which nobody watched."""
    return a_minute(begin_at, camera=camera, gaps={reason: 60_000})


def a_crowded_minute(
    begin_at: datetime = NOON,
    *,
    lines: Sequence[LineTally] = (),
    zones: Sequence[ZoneTally] = (),
    heat: Sequence[tuple[int, int]] = (),
    marks: Mapping[MarkKind, int] | None = None,
    camera: str = "door",
    duration_s: int = 60,
    audit: str = "",
) -> FootfallCounted:
    """What a camera told of a watched minute, with all that is made of people's ways."""
    return msgspec.structs.replace(
        a_minute(begin_at, camera=camera, duration_s=duration_s),
        lines=list(lines),
        zones=list(zones),
        heat=list(heat),
        marks=[Mark(kind=kind, ms=ms) for kind, ms in (marks or {}).items()],
        analyses="crowd-1",
        audit=audit,
    )


def an_audit(audit: str = "a" * 32, *, camera: str = "door", hits: int = 98) -> FootfallAudited:
    """An hour in which 100 people were seen, 99 told, and so many of both the same."""
    return FootfallAudited(
        camera=camera,
        audit=audit,
        audited_at=NOON,
        watched_s=3_600.0,
        tolerance_s=1.0,
        rule="segment-band-1",
        network="yolox-nano@01234567",
        total=AuditTally(seen=100, told=99, hits=hits, recall=AuditFigure(value=hits / 100)),
    )


def with_revision(sale: SaleRecorded) -> SaleRecorded:
    """The sale with the digest of its content as its revision."""
    digest = content_digest(msgspec.json.encode(sale))
    return msgspec.structs.replace(sale, revision=digest.hex())


def revised(sale: SaleRecorded, **fields: Any) -> SaleRecorded:
    """The sale as the till wrote it again, with other fields: a new revision."""
    return with_revision(msgspec.structs.replace(sale, **fields))


def composed(
    sale: SaleRecorded, device: DevicePath = SHOP, at: datetime = NOON, bootid: str = "boot-1"
) -> tuple[str, bytes]:
    """The event's id and its bytes as an outbox keeps them: without epoch and sequence."""
    event_id = keyed_event_id(device.tenant, sale.natural_key, sale.revision)
    moment = Moment(at, 1000, bootid, ClockQuality.SYNCHRONISED)
    body = compose(
        device=device,
        event_id=event_id,
        kind=SALE_RECORDED,
        data=sale,
        at=moment,
        subject=sale.natural_key,
    )
    return event_id, body


def stamped(
    sale: SaleRecorded, sequence: int, device: DevicePath = SHOP, epoch: str = EPOCH
) -> bytes:
    """The event's bytes as they travel."""
    return stamp(composed(sale, device)[1], epoch, sequence)


def a_batch(
    sales: list[SaleRecorded], first: int = 1, device: DevicePath = SHOP, epoch: str = EPOCH
) -> bytes:
    """A payload of consecutive sales."""
    events = [stamped(sale, first + n, device, epoch) for n, sale in enumerate(sales)]
    return Codec().encode(epoch, "sale", first, events)


def a_phone(random: Random) -> str:
    """A mainland mobile number in E.164 that nobody has blocked."""
    return f"+861{random.choice('3578')}{random.randrange(10**9):09d}"


def _lines(total_minor: int, count: int) -> list[Line]:
    share = total_minor // count
    amounts = [share] * (count - 1) + [total_minor - share * (count - 1)]
    return [
        Line(
            sequence=n,
            kind=LineKind.SALE,
            extended_amount_minor=amount,
            item_id=f"69012345{n:05d}",
            description="康师傅红烧牛肉面",
            regular_price_minor=amount,
        )
        for n, amount in enumerate(amounts, start=1)
    ]

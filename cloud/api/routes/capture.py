"""Capture quality: whether the tills are captured wholly and rightly, and what was not readable."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from cloud.access import Caller
from cloud.api.callers import StoreReader
from cloud.api.parts import Parts
from cloud.capture import (
    CaptureDay,
    Habit,
    OddReceipt,
    Quarantined,
    Series,
    SourceFigures,
    TillFigures,
    Wholeness,
    odd_receipts,
    read_capture_day,
    records,
)
from cloud.errors import Forbidden
from cloud.storage import read
from cloud.storage.columns import from_ms
from models.wire.events.capture import ReleasedHow
from models.wire.ids import StoreId

router = APIRouter(tags=["capture"])

StoreName = Annotated[str, Query(max_length=48)]
Limit = Annotated[int, Query(ge=1, le=500)]


class MissingNumbers(BaseModel):
    """Consecutive numbers that no transaction has, as the till writes them."""

    first: str
    last: str
    count: int
    before_first: bool = Field(
        description="they lie before the day's first number, so they may be the day before's"
    )
    missed_since: datetime = Field(description="when the number behind them arrived")


class RepeatedNumber(BaseModel):
    """A number that several transactions of the day have."""

    number: str
    times: int


class NumberSeries(BaseModel):
    """One counter of a till."""

    first: str
    last: str = Field(description="in the counter's own order: a full counter begins anew")
    taken: int = Field(description="different numbers")
    habit: Habit = Field(description="what the days before show of the counter")
    gaps: list[MissingNumbers]
    repeats: list[RepeatedNumber]


class CapturedTill(BaseModel):
    """One till's day, by one kind of number."""

    workstation: str
    printed: bool = Field(description="by the numbers on printed receipts; not all is printed")
    beside: bool = Field(description="the till is captured with true numbers, too")
    wholeness: Wholeness
    transactions: int = Field(description="control transactions included")
    controls: int
    unnumbered: int = Field(description="transactions whose number is no count")
    series: list[NumberSeries]


class CaptureSource(BaseModel):
    """What one adapter with one version of a profile captured."""

    adapter: str
    profile: str
    profile_version: int
    transactions: int
    receipts: int = Field(description="those that have sums")
    disagreeing: int = Field(description="receipts whose sums do not come out")
    over_limit: bool = Field(description="more than 5 % of at least 20 receipts do not add up")
    flagged: dict[str, int] = Field(description="transactions by quality flag")
    newest_at: datetime
    lag_p50_s: float = Field(description="from a transaction's end to its capture")
    lag_p95_s: float


class ReceiptSums(BaseModel):
    """What a receipt's parts come to, in minor units."""

    model_config = ConfigDict(from_attributes=True)

    lines_minor: int
    discounts_minor: int
    taxes_minor: int = Field(description="taxes that are not in the lines")
    total_minor: int
    goods_off_minor: int = Field(description="lines, discounts and taxes less the total")
    tendered_minor: int
    change_minor: int
    paid_off_minor: int = Field(description="tenders less change less the total")


class DisagreeingReceipt(BaseModel):
    """A receipt that does not add up."""

    sale_id: str
    workstation: str
    sequence_number: str
    end_at: datetime
    adapter: str
    profile: str
    currency: str
    goods: bool = Field(description="goods and total disagree; with no difference, the taxes do")
    tenders: bool = Field(description="payment and total disagree")
    sums: ReceiptSums


class CaptureQuality(BaseModel):
    """A store's business day as it was captured."""

    store: str
    business_day: date
    transactions: int
    flagged: int = Field(description="transactions with at least one quality flag")
    disagreeing: int = Field(description="receipts whose sums do not come out")
    missing: int = Field(description="numbers that no transaction has")
    repeated: int = Field(description="numbers that several transactions have")
    tills: list[CapturedTill]
    sources: list[CaptureSource]
    receipts: list[DisagreeingReceipt] = Field(description="the newest fifty that do not add up")


class RecordPiece(BaseModel):
    """A piece of a record beside what was read of it, masked by shape in the shop."""

    model_config = ConfigDict(from_attributes=True)

    raw: str
    read: str
    fault: str = Field(description="why reading stopped here; empty but for the piece at fault")


class QuarantinedRecord(BaseModel):
    """A record that a shop could not read."""

    model_config = ConfigDict(from_attributes=True)

    store: str
    device: str
    name: str = Field(description="for `lianke-agent quarantine show|retry|drop` on the device")
    quarantined_at: datetime
    source: str = Field(
        description="as configured; `[till]` for the till's folder, which `devices` leaves unnamed"
    )
    adapter: str
    profile: str
    profile_version: int
    file: str
    record: int = Field(description="its number in the file, from 1; 0 for a whole file or a rest")
    key: str
    reason: str
    size_bytes: int
    pieces: list[RecordPiece]
    pieces_left_out: int
    released_at: datetime | None
    how: ReleasedHow | None = Field(description="how it left the quarantine; null while there")


class QuarantineList(BaseModel):
    """Records in quarantine."""

    items: list[QuarantinedRecord]


@router.get("/capture/by-till", summary="How wholly and rightly a store's day was captured")
def capture_by_till(
    parts: Parts, caller: StoreReader, store: StoreName, business_day: date
) -> CaptureQuality:
    """Missing and repeated numbers by till, quality by source, receipts that do not add up.

    The end of a day shows itself on the next one: what is missing behind a till's last number
    stands before the next day's first.
    """
    shop = _of_theirs(caller, store)
    with read(parts.engine) as connection:
        day = read_capture_day(connection, caller.tenant, shop, business_day)
        odd = odd_receipts(connection, caller.tenant, shop, business_day)
    return _quality(store, day, odd)


@router.get("/capture/quarantine", summary="Records that the shops could not read")
def quarantine(
    parts: Parts,
    caller: StoreReader,
    *,
    store: StoreName | None = None,
    released: bool = False,
    limit: Limit = 100,
) -> QuarantineList:
    """Those in quarantine, the oldest first; with ``released`` those that left it, newest first."""
    shop = None if store is None else _of_theirs(caller, store)
    with read(parts.engine) as connection:
        found = records(
            connection, caller.tenant, shop, stores=caller.stores, released=released, limit=limit
        )
    return QuarantineList(items=[_record(each) for each in found])


def _of_theirs(caller: Caller, store: str) -> StoreId:
    shop = StoreId(store)
    if not caller.may_see(caller.tenant, shop):
        raise Forbidden("this token is bound to other stores")
    return shop


def _quality(store: str, day: CaptureDay, odd: list[OddReceipt]) -> CaptureQuality:
    return CaptureQuality(
        store=store,
        business_day=day.day,
        transactions=day.transactions,
        flagged=day.flagged,
        disagreeing=day.disagreeing,
        missing=day.missing,
        repeated=day.repeated,
        tills=[_till(till) for till in day.tills],
        sources=[_source(source) for source in day.sources],
        receipts=[_odd(each) for each in odd],
    )


def _till(till: TillFigures) -> CapturedTill:
    return CapturedTill(
        workstation=till.workstation,
        printed=till.printed,
        beside=till.beside,
        wholeness=till.wholeness,
        transactions=till.transactions,
        controls=till.controls,
        unnumbered=till.unnumbered,
        series=[_series(series) for series in till.series],
    )


def _series(series: Series) -> NumberSeries:
    return NumberSeries(
        first=series.text(series.first),
        last=series.text(series.last),
        taken=series.taken,
        habit=series.habit,
        gaps=[
            MissingNumbers(
                first=series.text(gap.first),
                last=series.text(gap.last),
                count=gap.count,
                before_first=gap.before_first,
                missed_since=from_ms(gap.seen_ms),
            )
            for gap in series.gaps
        ],
        repeats=[
            RepeatedNumber(number=series.text(each.number), times=each.times)
            for each in series.repeats
        ],
    )


def _source(figures: SourceFigures) -> CaptureSource:
    return CaptureSource(
        adapter=figures.source.adapter,
        profile=figures.source.profile,
        profile_version=figures.source.version,
        transactions=figures.transactions,
        receipts=figures.receipts,
        disagreeing=figures.disagreeing,
        over_limit=figures.is_over,
        flagged=dict(figures.flagged),
        newest_at=from_ms(figures.newest_ms),
        lag_p50_s=figures.lag_p50_s,
        lag_p95_s=figures.lag_p95_s,
    )


def _odd(each: OddReceipt) -> DisagreeingReceipt:
    return DisagreeingReceipt(
        sale_id=each.sale_id,
        workstation=each.workstation,
        sequence_number=each.sequence_number,
        end_at=each.end_at,
        adapter=each.source.adapter,
        profile=each.source.profile,
        currency=each.currency,
        goods=each.goods,
        tenders=each.tenders,
        sums=ReceiptSums.model_validate(each.sums),
    )


def _record(record: Quarantined) -> QuarantinedRecord:
    return QuarantinedRecord.model_validate(record)

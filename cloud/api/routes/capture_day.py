"""What ``/v1/capture/by-till`` answers: the tills, the sources, receipts that do not add up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from cloud.api.routes.capture_tills import CapturedTill
from cloud.capture import CaptureDay, OddReceipt, SourceFigures
from cloud.storage.columns import from_ms


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

    @classmethod
    def of(cls, known: SourceFigures) -> Self:
        """From what is known."""
        return cls(
            adapter=known.source.adapter,
            profile=known.source.profile,
            profile_version=known.source.version,
            transactions=known.transactions,
            receipts=known.receipts,
            disagreeing=known.disagreeing,
            over_limit=known.is_over,
            flagged=dict(known.flagged),
            newest_at=from_ms(known.newest_ms),
            lag_p50_s=known.lag_p50_s,
            lag_p95_s=known.lag_p95_s,
        )


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

    @classmethod
    def of(cls, known: OddReceipt) -> Self:
        """From what is known."""
        return cls(
            sale_id=known.sale_id,
            workstation=known.workstation,
            sequence_number=known.sequence_number,
            end_at=known.end_at,
            adapter=known.source.adapter,
            profile=known.source.profile,
            currency=known.currency,
            goods=known.goods,
            tenders=known.tenders,
            sums=ReceiptSums.model_validate(known.sums),
        )


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

    @classmethod
    def of(cls, store: str, known: CaptureDay, odd: Sequence[OddReceipt]) -> Self:
        """From what is known of the day, and of its receipts that do not add up."""
        return cls(
            store=store,
            business_day=known.day,
            transactions=known.transactions,
            flagged=known.flagged,
            disagreeing=known.disagreeing,
            missing=known.missing,
            repeated=known.repeated,
            tills=[CapturedTill.of(till) for till in known.tills],
            sources=[CaptureSource.of(source) for source in known.sources],
            receipts=[DisagreeingReceipt.of(each) for each in odd],
        )

"""From an event to a row of the sale table. Pure, and safe against what a broken till may say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from cloud.ledger.entry import LedgerEntry
from cloud.sales.likeness import has_number, likeness_of
from cloud.sales.standing import (
    Standing,
    foremost_link,
    linked_ref,
    receipt_ref,
    standing_of,
    takes_goods_back,
)
from cloud.storage.columns import to_ms
from models.wire.events.sale import Kind, SaleRecorded
from models.wire.ids import sale_id
from models.wire.source_rank import rank_of

Row = dict[str, Any]

MOST_ITEMS: Final = 5
"""Line descriptions kept per sale: what fits on a guide's screen."""

LARGEST_MINOR: Final = 10**15
"""Ten trillion yuan. Above it a total is a till's mistake, and 64-bit sums would be in danger."""

IMPLAUSIBLE: Final = "implausible_amount"
CONFLICT: Final = "conflict"
WITHOUT_NUMBER: Final = "without_number"
"""No other source's capture of it can be known for the same: both count (ADR 21)."""

_LONGEST_ITEM: Final = 60
_LARGEST_VERSION: Final = 2**31 - 1


def row_of(entry: LedgerEntry, sale: SaleRecorded) -> Row:
    """The row that the entry's transaction has by itself, before other receipts are considered."""
    link = foremost_link(sale)
    refers_to = linked_ref(entry.tenant, entry.store, sale, link) if link else None
    end_at = sale.end_at
    plausible = abs(sale.total_minor) <= LARGEST_MINOR
    capture = sale.capture
    row = {
        "sale_id": sale_id(entry.tenant, sale.natural_key),
        "tenant": entry.tenant,
        "store": entry.store,
        "natural_key": _text(sale.natural_key),
        "event_id": entry.event_id,
        "position": entry.position,
        "changed_position": entry.position,
        "captured_at_ms": to_ms(entry.captured_at),
        "received_at_ms": to_ms(entry.received_at),
        "device": entry.device,
        "source": _text(f"{capture.adapter}/{capture.profile}"),
        "source_rank": rank_of(capture.adapter, capture.rank),
        "kind": sale.kind.value,
        "status": sale.status.value,
        "standing": standing_of(sale).value,
        "goods_back": takes_goods_back(sale),
        "workstation": _text(sale.workstation_id),
        "till_id": _text(sale.till_id),
        "sequence_number": _text(sale.sequence_number),
        "receipt_number": _text(sale.receipt_number),
        "transaction_id": _text(sale.transaction_id),
        "receipt_ref": _text(receipt_ref(entry.tenant, entry.store, sale)),
        "link_reason": link.reason.value if link else None,
        "link_ref": _text(refers_to) if refers_to else None,
        "likeness": None,
        "echo_of": None,
        "business_day": sale.business_day_date,
        "hour": end_at.hour + 24 * (end_at.date() - sale.business_day_date).days,
        "end_at_ms": to_ms(end_at),
        "utc_offset_min": _offset_min(end_at),
        "currency": _text(sale.currency),
        "total_minor": sale.total_minor if plausible else 0,
        "line_count": sum(not line.void for line in sale.lines),
        "items": _items(sale),
        "tenders": _tenders(sale),
        "one_id": None,
        "flags": _flags(entry, sale, plausible=plausible),
        "profile_version": max(0, min(capture.profile_version, _LARGEST_VERSION)),
    }
    if sale.kind is Kind.RETAIL and not has_number(row):
        row["flags"] = f"{row['flags']} {WITHOUT_NUMBER}".strip()
    row["likeness"] = likeness_of(row)
    return row


def recency(row: Mapping[str, Any]) -> tuple[int, int, int]:
    """Of two revisions of one transaction the greater one is current.

    The better source decides first, since each of them may see a transaction in its own way. Of one
    source, the moment of capture decides before the ledger's order does: after an outage fresh
    events overtake the backlog, and the older revision may arrive last.
    """
    return row["source_rank"], row["captured_at_ms"], row["position"]


def reverses(row: Mapping[str, Any]) -> bool:
    """Whether the row is a post-void that names the receipt it takes back."""
    return row["standing"] == Standing.REVERSAL and row["link_ref"] is not None


def _items(sale: SaleRecorded) -> str:
    shown = [line.description for line in sale.lines if line.description and not line.void]
    return msgspec.json.encode(
        [_text(each)[:_LONGEST_ITEM] for each in shown[:MOST_ITEMS]]
    ).decode()


def _tenders(sale: SaleRecorded) -> str:
    paid: Counter[str] = Counter()
    for tender in sale.tenders:
        paid[tender.wallet or tender.type] += tender.amount_minor - tender.change_minor
    return msgspec.json.encode(dict(sorted(paid.items()))).decode()


def _flags(entry: LedgerEntry, sale: SaleRecorded, *, plausible: bool) -> str:
    flags = [flag.value for flag in sale.capture.flags]
    flags += [] if plausible else [IMPLAUSIBLE]
    flags += [CONFLICT] if entry.conflict else []
    return " ".join(flags)


def _offset_min(moment: datetime) -> int:
    offset = moment.utcoffset()
    return round(offset.total_seconds() / 60) if offset else 0


def _text(value: str) -> str:
    """Text that every database takes: PostgreSQL refuses NUL."""
    return value.replace("\x00", "")

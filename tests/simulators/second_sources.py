"""One transaction as other adapters of the same till capture it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from models.wire.events.sale import Capture, Flag, SaleRecorded, natural_key_of_uuid
from tests.simulators.facts import SHOP, with_revision

TAP = "receipts/corner-receipts"
POLLED = "database/unicenta"


def printed(
    sale: SaleRecorded, *, after: timedelta = timedelta(0), rank: int = 20, **fields: Any
) -> SaleRecorded:
    """As a receipt tap sees it: no key but what is printed, minutes only, zeros before numbers.

    Args:
        sale: as the till's own file has it.
        after: how much later the receipt says it was.
        rank: of the tap's profile.
        fields: what the receipt says otherwise; ``loyalty`` is not printed by itself.
    """
    minute = (sale.end_at + after).replace(second=0, microsecond=0)
    number, till = f"00{sale.sequence_number}", f"0{sale.workstation_id}"
    seen = {
        "natural_key": f"{SHOP.store}/derived/{till}/{number}/{minute:%Y-%m-%dT%H:%M}",
        "workstation_id": till,
        "sequence_number": number,
        "receipt_number": number,
        "end_at": minute,
        "loyalty": [],
        "links": [msgspec.structs.replace(link, workstation_id=till) for link in sale.links],
        "capture": _capture("receipts", "corner-receipts", rank, [Flag.DERIVED_KEY]),
    }
    return with_revision(msgspec.structs.replace(sale, **seen | fields))


def polled(sale: SaleRecorded, *, rank: int = 60, **fields: Any) -> SaleRecorded:
    """As the till's database has it: a UUID, the same number, the workstation by its host name."""
    uuid = f"00000000-0000-4000-8000-{int(sale.sequence_number):012d}"
    seen = {
        "natural_key": natural_key_of_uuid(SHOP.store, uuid),
        "transaction_id": uuid,
        "till_id": sale.workstation_id,
        "workstation_id": "KASSE-PC",
        "end_at": sale.end_at + timedelta(milliseconds=740),
        "capture": _capture("database", "unicenta", rank, []),
    }
    return with_revision(msgspec.structs.replace(sale, **seen | fields))


def _capture(adapter: str, profile: str, rank: int, flags: list[Flag]) -> Capture:
    return Capture(
        adapter=adapter,
        profile=profile,
        profile_version=1,
        raw_sha256="11" * 32,
        flags=flags,
        rank=rank,
    )

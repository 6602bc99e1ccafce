"""What the books note of a transaction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import blake2b
from typing import Final, NamedTuple

from agent.capture.pos.sequence import Numbered, numbered
from models.wire.events.sale import Flag, Kind, SaleRecorded

_CLOSES: Final = re.compile(
    r"settle|eod|end.?of.?(?:business.?)?day|day.?end|(?:day|till|store|workstation).?close"
    r"|(?:close|closing).?(?:business.?)?(?:day|till|store)|z.?report|z.?bon|abschluss|cloture|clôture"
    r"|日结|清机|交班",
    re.IGNORECASE,
)
"""How tills call the end of a day: ``TillSettle``, ``BusinessEOD``, ``Tagesabschluss``, 日结."""


class Till(NamedTuple):
    """A workstation, as the till names it."""

    business_unit: str
    workstation_id: str


class Lane(StrEnum):
    """What counts up.

    A till that states its sequence counts controls too. Where only receipts are seen (a tap), their
    numbers are a row of their own, and no gap of it counts on a till whose sequence is known.
    """

    SEQUENCE = "sequence"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class Entry:
    """One transaction.

    Attributes:
        numbered: None where it bears no number that counts up.
        identity: the same for the same transaction, also when it comes corrected.
        at_s: when it began, else ended, by the till's clock, in Unix time.
        ended_s: when it ended.
        closes: it is the end of a business day, or a settlement.
        raw: names the file it came in.
    """

    till: Till
    day: date
    lane: Lane
    numbered: Numbered | None
    profile: str
    identity: int
    at_s: int
    ended_s: int
    closes: bool
    raw: str


def entry_of(sale: SaleRecorded) -> Entry:
    """What to note of a sale."""
    begun = int((sale.begin_at or sale.end_at).timestamp())
    derived = Flag.DERIVED_KEY in sale.capture.flags
    return Entry(
        till=Till(sale.business_unit, sale.workstation_id),
        day=sale.business_day_date,
        lane=Lane.RECEIPT if derived else Lane.SEQUENCE,
        numbered=numbered(sale.sequence_number),
        profile=sale.capture.profile,
        identity=_identity(sale, begun),
        at_s=begun,
        ended_s=int(sale.end_at.timestamp()),
        closes=sale.kind is not Kind.RETAIL and _CLOSES.search(sale.control) is not None,
        raw=sale.capture.raw_sha256,
    )


def _identity(sale: SaleRecorded, begun_s: int) -> int:
    """The key; where that is made of the number alone, when it began as well.

    A correction keeps when a sale began. Another sale under the number of one before it did not
    begin at the same second.
    """
    day = sale.business_day_date.isoformat()
    of_number = sale.natural_key.endswith(f"/{sale.workstation_id}/{day}/{sale.sequence_number}")
    text = f"{sale.natural_key} {begun_s}" if of_number else sale.natural_key
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)

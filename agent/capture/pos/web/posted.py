"""Our own JSON of a transaction: what a till posts that was written for us.

Money is in integer minor units with the sale's currency, quantities are decimal texts, amounts
carry their sign: goods that come back, their taxes, refunds and savings are negative. A member that
we do not know is refused, since a misspelt one would be lost in silence.

    python -m agent.capture.pos.web.posted [--check]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec

SCHEMA_FILE: Final = Path(__file__).with_name("transaction.schema.json")
_MOST_PARTS: Final = 2_000

Money = Annotated[int, msgspec.Meta(ge=-(10**14), le=10**14, description="in minor units")]
Text = Annotated[str, msgspec.Meta(max_length=200)]
Word = Annotated[str, msgspec.Meta(max_length=64)]
Number = Annotated[
    str, msgspec.Meta(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,9})?$", description="a decimal number")
]
Day = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Moment = Annotated[
    str, msgspec.Meta(max_length=40, description="ISO 8601, with the shop's offset from UTC")
]


class _Posted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Unknown members are refused."""


class PostedDiscount(_Posted, frozen=True, kw_only=True):
    """A reduction: negative for a saving."""

    amount_minor: Money
    reason: Text = ""


class PostedLine(_Posted, frozen=True, kw_only=True):
    """One line. ``amount_minor`` holds the line's own reduction already."""

    amount_minor: Money
    direction: Literal["sale", "return"] = "sale"
    item_id: Word = ""
    gtin: Word = ""
    description: Text = ""
    quantity: Number = "1"
    uom: Word = ""
    regular_price_minor: Money | None = None
    actual_price_minor: Money | None = None
    discount: PostedDiscount | None = None
    void: bool = False


class PostedTax(_Posted, frozen=True, kw_only=True):
    """One tax; ``included`` where the lines hold it already."""

    amount_minor: Money
    included: bool
    tax_id: Word = ""
    percent: Word = ""
    taxable_minor: Money | None = None


class PostedTender(_Posted, frozen=True, kw_only=True):
    """How a part was paid: what was handed over, and the change that was given for it."""

    type: Word
    amount_minor: Money
    change_minor: Annotated[int, msgspec.Meta(ge=0, le=10**14)] = 0
    card_last4: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{4})?$")] = ""


class PostedLink(_Posted, frozen=True, kw_only=True):
    """The transaction that this one refers to."""

    reason: Literal["return", "void", "resume", "exchange", "other"]
    number: Word
    business_unit: Word = ""
    workstation: Word = ""
    business_day: Day = ""


class PostedSale(_Posted, frozen=True, kw_only=True):
    """One transaction.

    It is named by ``id`` if the till gives it a UUID, else by shop, workstation, business day and
    ``number``. Posted again with another content, it is a correction of the same transaction.
    """

    number: Word
    ended_at: Moment
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$")]
    total_minor: Money
    id: Annotated[str, msgspec.Meta(max_length=36, description="a UUID")] = ""
    kind: Literal["retail", "control", "tender_control"] = "retail"
    status: Literal["completed", "voided", "suspended", "training", "offline"] = "completed"
    business_unit: Word = ""
    workstation: Word = ""
    till: Word = ""
    business_day: Day = ""
    receipt_number: Word = ""
    operator: Word = ""
    began_at: Moment = ""
    control: Text = ""
    phone: Word = ""
    card: Word = ""
    member_code: Word = ""
    family_name: Text = ""
    given_name: Text = ""
    lines: Annotated[list[PostedLine], msgspec.Meta(max_length=_MOST_PARTS)] = []
    discounts: Annotated[list[PostedDiscount], msgspec.Meta(max_length=_MOST_PARTS)] = []
    taxes: Annotated[list[PostedTax], msgspec.Meta(max_length=_MOST_PARTS)] = []
    tenders: Annotated[list[PostedTender], msgspec.Meta(max_length=_MOST_PARTS)] = []
    refers_to: PostedLink | None = None


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a posted transaction."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A transaction as a till posts it to /v1/transactions",
    }
    return head | msgspec.json.schema(PostedSale)


def main(arguments: list[str]) -> int:
    """Write the schema, or with ``--check`` say whether it is out of date; the exit code."""
    text = json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"
    written = SCHEMA_FILE.read_text(encoding="utf-8") if SCHEMA_FILE.is_file() else ""
    if "--check" in arguments:
        return int(text != written)
    SCHEMA_FILE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

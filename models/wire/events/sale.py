"""A transaction as the till recorded it, in the words of the ARTS/OMG retail data model.

One event per transaction, control transactions included, because they take sequence numbers too.
Money is in integer minor units of ``currency``; quantities are decimal strings, so that 0.42 kg
stays 0.42. Amounts carry the till's own sign: a voided line or a return is negative.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from models.wire.calendar import YEARS
from models.wire.source_rank import HIGHEST

Minor = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
"""Money in minor units: as large as every JSON reader can hold exactly."""

Rank = Annotated[int, msgspec.Meta(ge=0, le=HIGHEST)]


class Kind(StrEnum):
    """What the transaction is."""

    RETAIL = "retail"
    CONTROL = "control"
    TENDER_CONTROL = "tender_control"


class Status(StrEnum):
    """What became of it."""

    COMPLETED = "completed"
    VOIDED = "voided"
    SUSPENDED = "suspended"
    TRAINING = "training"
    OFFLINE = "offline"


class LineKind(StrEnum):
    """Which way the goods went."""

    SALE = "sale"
    RETURN = "return"


class LinkReason(StrEnum):
    """Why a transaction names another one."""

    RETURN = "return"
    VOID = "void"
    RESUME = "resume"
    EXCHANGE = "exchange"
    OTHER = "other"


class Scheme(StrEnum):
    """What kind of identifier the till read."""

    PHONE = "phone"
    CARD = "card"
    MEMBER_CODE = "member_code"


class Flag(StrEnum):
    """What is odd about a captured transaction; nothing is dropped because of one.

    A flag that this version does not know is read as ``other``, so that devices may learn new ones
    before the cloud does.
    """

    LINES_DISAGREE = "lines_disagree"
    TENDERS_DISAGREE = "tenders_disagree"
    DERIVED_KEY = "derived_key"
    TIMEZONE_ASSUMED = "timezone_assumed"
    CURRENCY_ASSUMED = "currency_assumed"
    LATE = "late"
    GTIN_INVALID = "gtin_invalid"
    OPERATOR_LEFT_OUT = "operator_left_out"
    OTHER = "other"

    @classmethod
    def _missing_(cls, value: object) -> Flag | None:
        """What a newer writer says: kept in the ledger's bytes, and odd in any case."""
        return cls.OTHER if isinstance(value, str) else None


class _Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Defaults are left out of the bytes; unknown members are ignored when read."""


class Discount(_Fact, frozen=True, kw_only=True):
    """A reduction of one line or of the transaction, negative for a saving."""

    amount_minor: Minor
    reason: str = ""


class Line(_Fact, frozen=True, kw_only=True):
    """One line. ``void`` lines are kept: the customer saw them and the sequence counts them.

    Attributes:
        regular_price_minor: unit price before any modifier.
        actual_price_minor: unit price charged.
        extended_amount_minor: what the line adds to the total, signed.
        gtin: as read; whether it is a right one is a flag of the sale.
        serials: numbers of single pieces: serial numbers, RFID tags (EPC), as read.
        age_restricted: the till asked for the customer's age.
    """

    sequence: int
    kind: LineKind
    extended_amount_minor: Minor
    item_id: str = ""
    gtin: str = ""
    description: str = ""
    quantity: str = "1"
    uom: str = ""
    entry_method: str = ""
    regular_price_minor: Minor | None = None
    actual_price_minor: Minor | None = None
    discounts: list[Discount] = []
    void: bool = False
    serials: list[str] = []
    age_restricted: bool = False


class Link(_Fact, frozen=True, kw_only=True):
    """The transaction that a return, a void or a resumption refers to."""

    reason: LinkReason
    business_unit: str = ""
    workstation_id: str = ""
    business_day_date: date | None = None
    sequence_number: str = ""
    line: int | None = None


class Tax(_Fact, frozen=True, kw_only=True):
    """One tax of the transaction. ``included`` taxes are already in the lines."""

    amount_minor: Minor
    tax_id: str = ""
    taxable_minor: Minor | None = None
    percent: str = ""
    included: bool = False


class Tender(_Fact, frozen=True, kw_only=True):
    """How a part was paid.

    Attributes:
        amount_minor: what was tendered, before change.
        change_minor: what was given back in change or cashback, as a positive amount.
        wallet: ``alipay``, ``wechat`` and the like.
        card_last4: at most the last four digits of a card; never more.
        currency: what was handed over, where that is not the sale's currency.
        foreign_amount_minor: how much of it, in its own minor units.
    """

    type: str
    amount_minor: Minor
    change_minor: Minor = 0
    wallet: str = ""
    card_last4: str = ""
    currency: str = ""
    foreign_amount_minor: Minor | None = None


class Total(_Fact, frozen=True, kw_only=True):
    """A total as the till printed it, by the till's own name for it.

    Attributes:
        count: how many pieces or receipts it is made of, where a settlement says so.
    """

    type: str
    amount_minor: Minor
    count: int | None = None


class Loyalty(_Fact, frozen=True, kw_only=True):
    """An identifier as read at the till. Personal: sealed at rest, key by key.

    Attributes:
        programme: whose card or code it is; empty for a phone.
    """

    scheme: Scheme
    value: str
    programme: str = ""
    family_name: str = ""
    given_name: str = ""


class Capture(_Fact, frozen=True, kw_only=True):
    """How we came to know. Not part of the sale's digest.

    Attributes:
        raw_sha256: of the whole input (the file), in hex.
        rank: how far to believe it where another adapter has seen the same sale, the highest
            first; 0 means as usual for the adapter (``models.wire.source_rank``).
    """

    adapter: str
    profile: str
    profile_version: int
    raw_sha256: str
    flags: list[Flag] = []
    rank: Rank = 0


class SaleRecorded(_Fact, frozen=True, kw_only=True):
    """One transaction.

    Attributes:
        natural_key: names the transaction for ever; see ``natural_key`` below.
        revision: the content digest in hex (see ``models.wire.digest``).
        business_day_date: the till's accounting day, which is not the calendar day.
        begin_at, end_at: with the shop's offset, as the till's clock said.
        total_minor: the grand total that the customer paid, signed; 0 for controls.
        operator_ref: a pseudonym of the cashier by the tenant's key; outside the digest, since a
            device may read a sale before it has the key, and again with it.
        control: what a control transaction was, in the till's words.
    """

    natural_key: str
    revision: str
    kind: Kind
    status: Status
    business_unit: str
    workstation_id: str
    sequence_number: str
    business_day_date: date
    end_at: datetime
    currency: str
    capture: Capture
    total_minor: Minor = 0
    begin_at: datetime | None = None
    till_id: str = ""
    operator_ref: str = ""
    transaction_id: str = ""
    receipt_number: str = ""
    lines: list[Line] = []
    discounts: list[Discount] = []
    links: list[Link] = []
    taxes: list[Tax] = []
    tenders: list[Tender] = []
    totals: list[Total] = []
    loyalty: list[Loyalty] = []
    control: str = ""

    def __post_init__(self) -> None:
        """A time that no calendar of ours holds would stop everything that follows from a sale."""
        begin_at = self.begin_at or self.end_at
        if self.end_at.year not in YEARS or begin_at.year not in YEARS:
            raise ValueError(f"begin_at and end_at must lie in {YEARS.start} to {YEARS.stop - 1}")
        if self.end_at.tzinfo is None or begin_at.tzinfo is None:
            raise ValueError("begin_at and end_at need an offset")


def natural_key(
    store: str, business_unit: str, workstation_id: str, business_day: date, sequence_number: str
) -> str:
    """The key of a transaction whose till gives no UUID.

    It begins with our name of the store, since two retailers' tills both call their shop "9".
    """
    day = business_day.isoformat()
    return f"{store}/{business_unit}/{workstation_id}/{day}/{sequence_number}"


def natural_key_of_uuid(store: str, transaction_uuid: str) -> str:
    """The key of a transaction that its till has given a UUID of its own."""
    return f"{store}/uuid/{transaction_uuid.lower()}"

"""How fields become a sale, as data: the part of a till profile that all field readers share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent.capture.pos.dialect import Taxes, Tenders, Voids, Written
from agent.capture.pos.family import Adapter
from agent.capture.pos.mapping.amounts import Amounts
from agent.capture.pos.mapping.moments import Moments
from agent.capture.pos.profile import Operators
from models.wire.events.sale import Kind, LineKind, LinkReason, Status
from models.wire.source_rank import LOWEST, check_rank

_STATUSES: Final[Mapping[str, Status]] = MappingProxyType(
    {"": Status.COMPLETED} | {each.value: each for each in Status}
)
_KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {"": Kind.RETAIL} | {each.value: each for each in Kind}
)
_DIRECTIONS: Final[Mapping[str, LineKind]] = MappingProxyType(
    {"": LineKind.SALE} | {each.value: each for each in LineKind}
)
_HOURS: Final = range(24)


class KeyPart(StrEnum):
    """What a derived key may be made of. Nothing personal: keys stand in logs."""

    BUSINESS_UNIT = "business_unit"
    WORKSTATION_ID = "workstation_id"
    TILL_ID = "till_id"
    BUSINESS_DAY = "business_day"
    SEQUENCE_NUMBER = "sequence_number"
    RECEIPT_NUMBER = "receipt_number"
    END_AT = "end_at"
    TOTAL = "total"


class LineDiscounts(StrEnum):
    """Whether a line's amount holds the line's own reductions already."""

    INSIDE = "inside"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class KeyRule:
    """What names a transaction for ever.

    A till's own UUID always comes first; then, without ``parts``, shop, workstation, business day
    and sequence number.

    Attributes:
        parts: of a derived key, in order; the sale is flagged ``derived_key``.
        day_begins_h: hour at which an accounting day begins, where the till names no day (0-23).
        workstation: where the till does not say which it is; empty means the device that reads it.
    """

    parts: tuple[KeyPart, ...] = ()
    day_begins_h: int = 0
    workstation: str = ""

    def __post_init__(self) -> None:
        """An hour that no day has is found at start."""
        if self.day_begins_h not in _HOURS:
            raise ValueError("day_begins_h must be an hour from 0 to 23")


@dataclass(frozen=True, slots=True)
class Sums:
    """The dialect: how amounts are signed and what is in what. See ``agent.capture.pos.dialect``.

    Attributes:
        returns: amounts of goods that come back, and the total of a return.
        refunds: amounts of tenders of a return.
        discounts: amounts of reductions.
        voids: lines with ``void``: as_written or struck.
        taxes: whether prices hold the tax.
        tenders: where change stands.
        change_types: tender types that are change, in a record or line of their own.
        line_discounts: whether a line's amount holds its own reductions.
    """

    returns: Written = Written.POSITIVE
    refunds: Written = Written.POSITIVE
    discounts: Written = Written.EITHER
    voids: Voids = Voids.STRUCK
    taxes: Taxes = Taxes.INCLUDED
    tenders: Tenders = Tenders.CHANGE_INSIDE
    change_types: tuple[str, ...] = ()
    line_discounts: LineDiscounts = LineDiscounts.INSIDE

    def __post_init__(self) -> None:
        """Records carry no links between lines, so a rule that needs them cannot be followed."""
        if self.voids not in (Voids.AS_WRITTEN, Voids.STRUCK):
            raise ValueError("voids must be 'as_written' or 'struck'")

    def return_sign(self, direction: LineKind, written_minor: int = 1) -> int:
        """The factor that makes an amount of goods, a tax or a total a signed one."""
        return self.returns.sign_of(written_minor) if direction is LineKind.RETURN else 1

    def refund_sign(self, direction: LineKind, written_minor: int = 1) -> int:
        """The factor that makes an amount of a tender a signed one."""
        return self.refunds.sign_of(written_minor) if direction is LineKind.RETURN else 1

    def discount_sign(self, written_minor: int) -> int:
        """The factor that makes a reduction negative."""
        return self.discounts.sign_of(written_minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRules:
    """What the profiles of all field readers have in common.

    Attributes:
        name: as the file is called, and as the sale's ``capture`` names it.
        version: raised with every change that could change a captured sale.
        adapter: who reads it.
        source_rank: 1 to 100; where two sources see one sale, the one with the higher rank counts.
        timezone: for times without an offset; the device's where empty.
        currency: for transactions that name none; such a one is set aside where empty.
        amounts: how numbers are written.
        moments: how days and times are written.
        key: what names a transaction.
        sums: how amounts are signed and added up.
        kinds: the till's words for retail, control, tender_control.
        statuses: the till's words for completed, voided, suspended, training, offline.
        directions: the till's words for sale and return.
        link_reasons: the till's words for return, void, resume, exchange, other.
        tender_types: the till's codes of tenders, to the names that reports should show.
        wallets: tender types, as written or as renamed, to our name of the wallet.
        truths: texts that say yes, in any case.
        returns_prefix: stands before the number of a return where the till counts returns by
            themselves, so that return 1 is not sale 1; empty where one counter serves both.
        programmes: by scheme (card, member_code), whose cards or codes they are.
        keep_names: whether customers' names may be kept; only where the members agreed to it.
        operators: what becomes of the cashier's number.
    """

    name: str
    version: int
    adapter: Adapter
    source_rank: int = LOWEST
    timezone: str = ""
    currency: str = ""
    amounts: Amounts = field(default_factory=Amounts)
    moments: Moments = field(default_factory=Moments)
    key: KeyRule = field(default_factory=KeyRule)
    sums: Sums = field(default_factory=Sums)
    kinds: dict[str, Kind] = field(default_factory=dict)
    statuses: dict[str, Status] = field(default_factory=dict)
    directions: dict[str, LineKind] = field(default_factory=dict)
    link_reasons: dict[str, LinkReason] = field(default_factory=dict)
    tender_types: dict[str, str] = field(default_factory=dict)
    wallets: dict[str, str] = field(default_factory=dict)
    truths: tuple[str, ...] = ("1", "true", "yes", "y", "是")
    returns_prefix: str = ""
    programmes: dict[str, str] = field(default_factory=dict)
    keep_names: bool = False
    operators: Operators = Operators.PSEUDONYM

    def check_shared(self) -> None:
        """Raise ValueError where a shared key cannot be; for ``__post_init__`` of the adapters."""
        check_rank(self.source_rank)
        if self.timezone:
            try:
                ZoneInfo(self.timezone)
            except (ZoneInfoNotFoundError, ValueError) as error:
                raise ValueError(f"timezone {self.timezone!r} is no IANA name") from error

    def kind_of(self, text: str) -> Kind | None:
        """What a kind means here; None where the profile does not know it."""
        return self.kinds.get(text) or _KINDS.get(text)

    def status_of(self, text: str) -> Status | None:
        """What a status means here; None where the profile does not know it."""
        return self.statuses.get(text) or _STATUSES.get(text)

    def direction_of(self, text: str) -> LineKind | None:
        """Which way the goods went; None where the profile does not know the word."""
        return self.directions.get(text) or _DIRECTIONS.get(text)

    def says_yes(self, text: str) -> bool:
        """Whether a flag is set."""
        return text.casefold() in (each.casefold() for each in self.truths)

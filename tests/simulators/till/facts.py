"""What a till knows when a transaction ends: frozen facts, before anyone writes XML.

Amounts are whole fen, times are aware and local to the store. Signs follow the paper: a return
line is written positive and its kind gives it its sign (`Line.counted_fen`); a post-void repeats
the lines of its sale with negative quantities and amounts.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tests.simulators.till.money import included_tax_fen, whole_fen
from tests.simulators.till.people import ANONYMOUS, Shopper
from tests.simulators.till.vocabulary import (
    CodeKind,
    ControlKind,
    Deal,
    EntryMethod,
    LineKind,
    LinkReason,
    ModifierMethod,
    RetailStatus,
    Unit,
    Wallet,
)


@dataclass(frozen=True, slots=True)
class Item:
    """One article of the shop; prices include tax."""

    sku: str
    code: str
    coded_as: CodeKind
    name: str
    department: str
    unit: Unit
    price_fen: int
    tax_percent: int
    member_price_fen: int | None = None
    deal: Deal | None = None


@dataclass(frozen=True, slots=True)
class Modifier:
    """Reduction of a whole line (not of one unit), in fen; negative only in a post-void."""

    method: ModifierMethod
    amount_fen: int
    reason: str
    new_unit_price_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Goods on a receipt."""

    sequence: int
    kind: LineKind
    item: Item
    quantity: Decimal
    entry: EntryMethod
    modifiers: tuple[Modifier, ...] = ()
    void: bool = False
    origin_line: int | None = None

    @property
    def regular_fen(self) -> int:
        """Shelf price times quantity."""
        return whole_fen(self.item.price_fen * self.quantity)

    @property
    def extended_fen(self) -> int:
        """What the line says it costs, after its modifiers, signed as written."""
        return self.regular_fen - sum(modifier.amount_fen for modifier in self.modifiers)

    @property
    def tax_fen(self) -> int:
        """Tax inside `extended_fen`, signed as written."""
        return included_tax_fen(self.extended_fen, self.item.tax_percent)

    @property
    def counts(self) -> int:
        """Factor into the total: 0 when voided, -1 when money goes back, else 1."""
        if self.void:
            return 0
        return -1 if self.kind is LineKind.RETURN else 1

    @property
    def counted_fen(self) -> int:
        """Contribution to the grand total."""
        return self.counts * self.extended_fen

    @property
    def counted_tax_fen(self) -> int:
        """Contribution to the tax total."""
        return self.counts * self.tax_fen


@dataclass(frozen=True, slots=True)
class Tender:
    """One payment; amounts are positive, `refund` says that money goes out."""

    wallet: Wallet
    amount_fen: int
    change_fen: int = 0
    refund: bool = False
    payment_code: str | None = None
    reference: str | None = None
    masked_pan: str | None = None

    @property
    def settled_fen(self) -> int:
        """Contribution to what is paid: amount less change, negative for a refund."""
        return (
            (self.change_fen - self.amount_fen)
            if self.refund
            else self.amount_fen - self.change_fen
        )


@dataclass(frozen=True, slots=True)
class Head:
    """What every transaction starts with.

    `legacy` marks the till with old software: no `TransactionID`, phones with ``+86``.
    """

    store_ref: str
    workstation: str
    till: str
    sequence: int
    transaction_id: str | None
    business_day: date
    begin_at: datetime
    end_at: datetime
    operator_id: str
    operator_name: str
    legacy: bool = False
    training: bool = False
    offline: bool = False

    @property
    def key(self) -> tuple[str, int]:
        """Workstation and sequence number: unique within the store's day."""
        return self.workstation, self.sequence

    @property
    def business_hour(self) -> int:
        """Local hour in which it ended, counted on from the business day: 00:30 next day is 24."""
        return self.end_at.hour + 24 * (self.end_at.date() - self.business_day).days


@dataclass(frozen=True, slots=True)
class Link:
    """Reference to an earlier transaction of the same day."""

    reason: LinkReason
    origin: Head


@dataclass(frozen=True, slots=True)
class RetailTransaction:
    """A receipt: goods, payment and who it was for."""

    head: Head
    status: RetailStatus
    lines: tuple[Line, ...]
    tenders: tuple[Tender, ...]
    shopper: Shopper = ANONYMOUS
    link: Link | None = None

    @property
    def grand_fen(self) -> int:
        """Total including tax; negative when the customer gets money back."""
        return sum(line.counted_fen for line in self.lines)

    @property
    def tax_fen(self) -> int:
        """Tax inside the total."""
        return sum(line.counted_tax_fen for line in self.lines)

    @property
    def booked(self) -> bool:
        """Whether it changes the day's money: paid or paid back, and not for practice."""
        settled = self.status in {RetailStatus.COMPLETED, RetailStatus.POST_VOID}
        return settled and not self.head.training

    @property
    def is_return(self) -> bool:
        """Whether it takes goods back."""
        return self.link is not None and self.link.reason is LinkReason.RETURN


@dataclass(frozen=True, slots=True)
class ControlTransaction:
    """Sign-on, sign-off, drawer opened without a sale, or the till's settlement.

    The last two fields belong to a settlement: the money booked at this till that day, and the
    number of receipts that moved it.
    """

    head: Head
    kind: ControlKind
    net_fen: int = 0
    booked_count: int = 0


Transaction = RetailTransaction | ControlTransaction

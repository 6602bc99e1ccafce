"""The truth of a day: what any system that read its files must arrive at.

Rules, where a reader could decide either way:

* A *sale* counts when it is completed, not training, and not taken back by a post-void. A sale
  that was suspended and resumed counts once, by its resumed receipt.
* Money is *booked* when it moves: completed sales add, returns and post-voids subtract, each in
  the hour in which its own receipt ended. A post-void always ends in the same hour as its sale.
* A *visit* is a sale that counts. A return is no visit and takes none away.
* A *member* is a person with a usable identifier on any receipt that is not training. Members of
  voided, suspended, returned and post-voided receipts always have a sale that counts too, so the
  number does not depend on what those receipts are worth to a resolver. Blocked phone numbers
  (13800138000) identify nobody, and training never makes a member.
* A member with phone and card is one member: every receipt of theirs names both.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date

from tests.simulators.till.booking import Booked
from tests.simulators.till.facts import ControlTransaction, RetailTransaction, Transaction
from tests.simulators.till.people import Shopper
from tests.simulators.till.vocabulary import ControlKind, LinkReason, RetailStatus


@dataclass(frozen=True, slots=True)
class MemberTruth:
    """One person's day; `phone` is E.164, `name` is as printed."""

    phone: str | None
    card: str | None
    name: str | None
    visits: int
    returns: int
    net_spend_fen: int


@dataclass(frozen=True, slots=True)
class HourTruth:
    """One local hour: sales that count, and money booked."""

    sales: int
    net_fen: int


@dataclass(frozen=True, slots=True)
class DayTruth:
    """What a day's files say when read without loss and without double counting.

    Attributes:
        retail: distinct retail transactions, training included; a reprint adds none.
        controls: control transactions, of which `tender_controls` are till settlements.
        by_status: `completed` (sales and returns), `post_void`, `voided`, `suspended` and
            `training`; each retail transaction is in exactly one, so they add up to `retail`.
        sales: completed sales that no post-void took back.
        identified_sales: those of `sales` with a usable identifier.
        returns: completed returns.
        resumed: completed sales that continue a suspended one.
        offline: completed sales made while the line was down.
        reprints, late: files written twice; files delivered after the day's end.
        members: by `phone:+86…`, or `card:…` where there is no phone.
        by_hour: by local hour counted on from the business day: 24 is 00:00-00:59 of the next.
        net_sales_fen: money booked in the day, tax included.
        last_sequence: by workstation; its sequence runs from 1 without a gap, controls included.
    """

    store_ref: str
    business_day: date
    retail: int
    controls: int
    tender_controls: int
    by_status: Mapping[str, int]
    sales: int
    identified_sales: int
    returns: int
    resumed: int
    offline: int
    reprints: int
    late: int
    members: Mapping[str, MemberTruth]
    by_hour: Mapping[int, HourTruth]
    net_sales_fen: int
    last_sequence: Mapping[str, int]

    def json(self) -> str:
        """Render as JSON, keys sorted, for `truth.json`; holds the invented members."""
        fields = asdict(self) | {"business_day": self.business_day.isoformat()}
        return json.dumps(fields, ensure_ascii=False, indent=1, sort_keys=True)


def truth_of(booked: Iterable[Booked]) -> DayTruth:
    """Work out the truth of a day from its transactions, not from its files."""
    entries = tuple(booked)
    receipts = [
        each.transaction for each in entries if isinstance(each.transaction, RetailTransaction)
    ]
    controls = [
        each.transaction for each in entries if isinstance(each.transaction, ControlTransaction)
    ]
    counting = _sales_that_count(receipts)
    first = entries[0].transaction.head
    return DayTruth(
        store_ref=first.store_ref,
        business_day=first.business_day,
        retail=len(receipts),
        controls=len(controls),
        tender_controls=sum(each.kind is ControlKind.SETTLE for each in controls),
        by_status=_by_status(receipts),
        sales=len(counting),
        identified_sales=sum(each.shopper.member_key is not None for each in counting),
        returns=sum(each.booked and each.is_return for each in receipts),
        resumed=sum(_links(each, LinkReason.RESUME) for each in receipts),
        offline=sum(each.head.offline for each in receipts),
        reprints=sum(each.reprinted for each in entries),
        late=sum(each.late for each in entries),
        members=_members(receipts, counting),
        by_hour=_by_hour(receipts, counting),
        net_sales_fen=sum(each.grand_fen for each in receipts if each.booked),
        last_sequence=_last_sequence(each.transaction for each in entries),
    )


def _links(receipt: RetailTransaction, reason: LinkReason) -> bool:
    return receipt.link is not None and receipt.link.reason is reason


def _sales_that_count(receipts: list[RetailTransaction]) -> list[RetailTransaction]:
    taken_back = {
        each.link.origin.key for each in receipts if each.link and _links(each, LinkReason.VOID)
    }
    return [
        each
        for each in receipts
        if each.booked
        and each.status is RetailStatus.COMPLETED
        and not each.is_return
        and each.head.key not in taken_back
    ]


def _by_status(receipts: list[RetailTransaction]) -> dict[str, int]:
    counts = dict.fromkeys(("completed", "post_void", "suspended", "training", "voided"), 0)
    for receipt in receipts:
        counts["training" if receipt.head.training else receipt.status.name.lower()] += 1
    return counts


def _members(
    receipts: list[RetailTransaction], counting: list[RetailTransaction]
) -> dict[str, MemberTruth]:
    theirs: dict[str, list[RetailTransaction]] = defaultdict(list)
    for receipt in receipts:
        key = receipt.shopper.member_key
        if key is not None and not receipt.head.training:
            theirs[key].append(receipt)
    visits = {receipt.head.key for receipt in counting}
    return {key: _member(theirs[key], visits) for key in sorted(theirs)}


def _member(receipts: list[RetailTransaction], visits: set[tuple[str, int]]) -> MemberTruth:
    who = receipts[0].shopper
    booked = [each for each in receipts if each.booked]
    return MemberTruth(
        phone=None if who.phone is None else f"+86{who.phone}",
        card=who.card,
        name=_full_name(who),
        visits=sum(each.head.key in visits for each in booked),
        returns=sum(each.is_return for each in booked),
        net_spend_fen=sum(each.grand_fen for each in booked),
    )


def _full_name(who: Shopper) -> str | None:
    return f"{who.family_name}{who.given_name}" if who.family_name and who.given_name else None


def _by_hour(
    receipts: list[RetailTransaction], counting: list[RetailTransaction]
) -> dict[int, HourTruth]:
    sales: dict[int, int] = defaultdict(int)
    net_fen: dict[int, int] = defaultdict(int)
    for receipt in counting:
        sales[receipt.head.business_hour] += 1
    for receipt in receipts:
        if receipt.booked:
            net_fen[receipt.head.business_hour] += receipt.grand_fen
    return {hour: HourTruth(sales[hour], net_fen[hour]) for hour in sorted(net_fen)}


def _last_sequence(transactions: Iterable[Transaction]) -> dict[str, int]:
    last: dict[str, int] = defaultdict(int)
    for transaction in transactions:
        workstation, sequence = transaction.head.key
        last[workstation] = max(last[workstation], sequence)
    return dict(sorted(last.items()))

"""Laying a sale of this shop over its member's card, before the cloud has heard of it.

The same sale again changes nothing; a new revision replaces the old; a sale that no longer counts
(its status changed) is taken off. Whoever has no card yet gets a provisional one, which the real
card takes over when it comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from agent.replica.lookup import LookUps
from agent.replica.sales import counts, laid_sale, receipt_of, voided_receipt
from agent.replica.shelf import Laid, Member, Seals, Shelf
from agent.replica.view import PROVISIONAL, MemberRef
from models.runtime.logs import get_logger
from models.wire.cards import Card
from models.wire.events.sale import SaleRecorded
from models.wire.ids import SaleId

_LOG = get_logger(__name__)


@dataclass(frozen=True, slots=True, repr=False)
class Slip:
    """A sale with all that can be computed before the write lock is taken.

    Attributes:
        sealed: what it adds to a card; None for a transaction that never lies over one.
        strong, weak: fingerprints of the member, as the till read them.
        newcomer: the provisional card that an unknown member gets; None without identifier.
    """

    sale_id: SaleId
    revision: str
    at: datetime
    receipt: bytes
    voids: bytes | None
    sealed: bytes | None
    strong: tuple[bytes, ...] = ()
    weak: tuple[bytes, ...] = ()
    newcomer: Card | None = None
    newcomer_sealed: bytes | None = None

    @property
    def lies_over(self) -> bool:
        """Whether it can concern a card: it counts and names somebody, or takes a sale back."""
        return self.sealed is not None and bool(self.strong or self.voids)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the sale lies now, and the other member it lay on before."""

    ref: MemberRef | None
    before: MemberRef | None = None
    changed: bool = True


def write_slip(
    sale: SaleRecorded, sale_id: SaleId, at: datetime, seals: Seals, look_ups: LookUps
) -> Slip:
    """Prepare a sale for laying over."""
    voided = voided_receipt(sale)
    receipt = look_ups.of_receipt(str(receipt_of(sale)))
    voids = look_ups.of_receipt(str(voided)) if voided else None
    if not counts(sale):
        return Slip(sale_id, sale.revision, at, receipt, voids, None)
    sealed = seals.sale(sale_id, laid_sale(sale, sale_id))
    known_by = look_ups.of_card(look_ups.card_of("", sale.loyalty))
    slip = Slip(sale_id, sale.revision, at, receipt, voids, sealed, known_by.strong, known_by.weak)
    return _with_newcomer(slip, sale, seals, look_ups) if slip.strong and not voids else slip


def lay_over(shelf: Shelf, slip: Slip) -> Outcome:
    """Lay the sale over its member's card, or take it off where it no longer counts."""
    before = shelf.laid(slip.sale_id)
    if before is None and not slip.lies_over:
        return Outcome(None, changed=False)
    if before is not None and slip.sealed is not None and before.revision == slip.revision:
        return Outcome(_ref_of(shelf, before), changed=False)
    member = _whose(shelf, slip) if slip.lies_over else None
    if slip.sealed is not None and (member is not None or slip.voids is not None):
        _lay(shelf, slip, member, slip.sealed)
    else:
        shelf.take_off(slip.sale_id)
    lay_on = _ref_of(shelf, before) if before else None
    ref = member.ref if member else None
    return Outcome(ref, before=lay_on if lay_on != ref else None)


def _lay(shelf: Shelf, slip: Slip, member: Member | None, sealed: bytes) -> None:
    included = shelf.includes(member, slip.sale_id) if member else False
    shelf.lay(slip.sale_id, member, slip.receipt, slip.voids, sealed, slip.at, confirmed=included)


def _whose(shelf: Shelf, slip: Slip) -> Member | None:
    """The member whose card the sale belongs on; a newcomer is put on the shelf."""
    if slip.voids is not None:
        original = shelf.member_with_receipt(slip.voids)
        if original is not None:
            return original
    known = _known(shelf, slip.strong)
    if known or slip.newcomer is None:
        return known[0] if len(known) == 1 else None
    ref = MemberRef(slip.newcomer.one_id)
    return shelf.put(ref, 0, 0, slip.newcomer_sealed, (*slip.strong, *slip.weak))


def _known(shelf: Shelf, strong: Sequence[bytes]) -> list[Member]:
    """Members found by the strongest identifier that finds exactly one; a real card goes first.

    Several, when no identifier decides: then the sale is nobody's until the cloud has decided.
    """
    found = [shelf.holders([fingerprint]) for fingerprint in strong]
    for provisional in (False, True):
        candidates = [[one for one in some if one.ref.provisional is provisional] for some in found]
        decided = next((some for some in candidates if len(some) == 1), None)
        if decided:
            return decided
        doubtful = next((some for some in candidates if some), None)
        if doubtful:
            _LOG.warning("sale_fits_several_cards", cards=len(doubtful))
            return doubtful
    return []


def _ref_of(shelf: Shelf, laid: Laid) -> MemberRef | None:
    return shelf.member_of(laid.member).ref if laid.member is not None else None


def _with_newcomer(slip: Slip, sale: SaleRecorded, seals: Seals, look_ups: LookUps) -> Slip:
    ref = MemberRef(f"{PROVISIONAL}{slip.strong[0].hex()}")
    card = look_ups.card_of(ref.value, sale.loyalty)
    return replace(slip, newcomer=card, newcomer_sealed=seals.card(ref, card))

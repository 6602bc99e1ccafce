"""Laying a sale of this shop over its member's card, before the cloud has heard of it.

The same sale again changes nothing; a new revision replaces the old; a sale that no longer counts
(its status changed) is taken off. Whoever has no card yet gets a provisional one, which the real
card takes over when it comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.replica.card_rows import Member
from agent.replica.lookup import LookUps
from agent.replica.overlay_rows import Laid, Slip
from agent.replica.sales import counts, laid_sale, receipt_of, voided_receipt
from agent.replica.seals import Seals
from agent.replica.shelf import Shelf
from agent.replica.view import PROVISIONAL, MemberRef
from models.runtime.logs import get_logger
from models.wire.events.sale import SaleRecorded
from models.wire.ids import SaleId

_LOG = get_logger(__name__)


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
    receipt = look_ups.of_receipt(receipt_of(sale))
    voids = look_ups.of_receipt(voided) if voided else None
    if not counts(sale):
        return Slip(sale_id, sale.revision, at, receipt, voids, None)
    sealed = seals.sale(sale_id, laid_sale(sale, sale_id))
    known_by = look_ups.of_card(look_ups.card_of("", sale.loyalty))
    newcomer = _newcomer_sealed(known_by.strong, sale, seals, look_ups) if not voids else None
    return Slip(
        sale_id, sale.revision, at, receipt, voids, sealed, known_by.strong, known_by.weak, newcomer
    )


def lay_over(shelf: Shelf, slip: Slip) -> Outcome:
    """Lay the sale over its member's card, or take it off where it no longer counts."""
    laid = shelf.overlays.find(slip.sale_id)
    if laid is None and not slip.lies_over:
        return Outcome(None, changed=False)
    before = shelf.ref_in(laid.member) if laid else None
    if laid is not None and slip.lies_over and laid.revision == slip.revision:
        return Outcome(before, changed=False)
    member = _lay(shelf, slip, laid)
    ref = member.ref if member else None
    return Outcome(ref, before if before != ref else None)


def _lay(shelf: Shelf, slip: Slip, laid: Laid | None) -> Member | None:
    """Put the sale where it belongs; a void of an unknown sale is kept on no card."""
    member = _whose(shelf, slip) if slip.lies_over else None
    if slip.lies_over and (member is not None or slip.voids is not None):
        shelf.overlays.lay(slip, member, confirmed=_is_confirmed(shelf, slip, member, laid))
    else:
        shelf.overlays.take_off(slip.sale_id)
    return member


def _is_confirmed(shelf: Shelf, slip: Slip, member: Member | None, laid: Laid | None) -> bool:
    """Whether the card has the sale; an older revision that it has is the cloud's to correct."""
    if member is None:
        return False
    had_it = laid is not None and laid.confirmed and laid.member == member.row
    return had_it or shelf.cards.includes(member, slip.sale_id)


def _whose(shelf: Shelf, slip: Slip) -> Member | None:
    """The member whose card the sale belongs on; a newcomer gets a provisional card."""
    row = shelf.overlays.member_with_receipt(slip.voids) if slip.voids else None
    if row is not None:
        return shelf.cards.member_in(row)
    candidates = _candidates(shelf, slip.strong)
    if candidates or slip.newcomer_sealed is None:
        return candidates[0] if len(candidates) == 1 else None
    newcomer = Member(0, _newcomer_ref(slip.strong), 0, gone=False)
    return shelf.cards.put(newcomer, 0, slip.newcomer_sealed, (*slip.strong, *slip.weak))


def _candidates(shelf: Shelf, strong: Sequence[bytes]) -> list[Member]:
    """One member, by the strongest identifier that finds exactly one; real cards go first.

    Several when no identifier decides: then the sale is nobody's until the cloud has decided.
    """
    found = [shelf.cards.holders([fingerprint]) for fingerprint in strong]
    for provisional in (False, True):
        kinds = [[one for one in some if one.ref.provisional is provisional] for some in found]
        by_number = sorted((some for some in kinds if some), key=lambda some: len(some) > 1)
        if by_number:
            return _decided(by_number[0])
    return []


def _decided(candidates: list[Member]) -> list[Member]:
    if len(candidates) > 1:
        _LOG.warning("sale_fits_several_cards", cards=len(candidates))
    return candidates


def _newcomer_ref(strong: Sequence[bytes]) -> MemberRef:
    return MemberRef(f"{PROVISIONAL}{strong[0].hex()}")


def _newcomer_sealed(
    strong: Sequence[bytes], sale: SaleRecorded, seals: Seals, look_ups: LookUps
) -> bytes | None:
    if not strong:
        return None
    ref = _newcomer_ref(strong)
    return seals.card(ref, look_ups.card_of(ref.value, sale.loyalty))

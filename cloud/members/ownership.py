"""Whose identifier it is at a moment: ownership has dates, and phones are recycled. Pure.

Times are milliseconds UTC. A claim that ended after the moment still counts for it, so that a sale
that arrives late finds the owner of its own day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cloud.members.names import UNKNOWN, Name, contradicts, same
from cloud.members.policy import IdentityPolicy, Strength
from cloud.members.sighting import Shown
from models.wire.events.sale import Scheme
from models.wire.ids import OneId

_DAY_MS: Final = 86_400_000


class Reason(StrEnum):
    """Why an identifier did not simply follow the decision. Stable words, kept in the log."""

    HELD_BY_ANOTHER = "held_by_another"
    NAME_CONTRADICTS = "name_contradicts"
    SEVERAL_HOLDERS = "several_holders"
    TOO_MANY_HOLDERS = "too_many_holders"
    TOO_MANY_IDENTIFIERS = "too_many_identifiers"
    LONG_SILENCE = "long_silence"
    KEY_DESTROYED = "key_destroyed"


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody's claim on an identifier.

    Attributes:
        valid_to_ms: None while it stands.
        name: what the member is called, over all their identifiers.
    """

    one_id: OneId
    strength: Strength
    valid_from_ms: int
    last_seen_ms: int
    valid_to_ms: int | None = None
    name: Name = UNKNOWN


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a shown identifier is.

    Attributes:
        one_id: None where it is free to be claimed.
        strength: of the owner's claim.
        contradicted: the record calls the person by a name that the owner does not have.
        usable: False where too many people share it already.
        ends_for: members whose claim ends when it is claimed anew, ``reason`` says why.
        until_ms: when a later owner's claim begins; a claim made now ends there.
        notes: other members and why they deserve a look.
    """

    one_id: OneId | None = None
    strength: Strength | None = None
    contradicted: bool = False
    usable: bool = True
    ends_for: tuple[OneId, ...] = ()
    reason: Reason | None = None
    until_ms: int | None = None
    notes: tuple[tuple[OneId, Reason], ...] = ()


def owner_of(shown: Shown, held: Sequence[Held], at_ms: int, policy: IdentityPolicy) -> Owner:
    """The owner of an identifier, as a record shows it at its moment."""
    standing = [each for each in held if each.valid_to_ms is None or at_ms < each.valid_to_ms]
    if shown.scheme is not Scheme.PHONE:
        return _by_possession(shown, standing)
    if shown.strength is Strength.VERIFIED:
        return _by_verification(shown, standing, at_ms, policy)
    return _by_assertion(shown, standing, policy)


def _by_possession(shown: Shown, standing: Sequence[Held]) -> Owner:
    """A card or code is its holder's, whatever name is on the receipt: families share cards."""
    holder = min(standing, key=_seniority, default=None)
    if holder is None:
        return Owner()
    contradicted = contradicts(holder.name, shown.name)
    return Owner(holder.one_id, holder.strength, contradicted=contradicted)


def _by_assertion(shown: Shown, standing: Sequence[Held], policy: IdentityPolicy) -> Owner:
    """A phone that was only typed: its verified holder, else the one who asserted it before."""
    verified = _verified(standing)
    if verified is not None and not contradicts(verified.name, shown.name):
        return Owner(verified.one_id, verified.strength)
    agreeing = [each for each in _asserted(standing) if not contradicts(each.name, shown.name)]
    if agreeing:
        return _first_of(agreeing, shown.name)
    notes = tuple((each.one_id, Reason.NAME_CONTRADICTS) for each in standing)
    if len(standing) >= policy.most_holders:
        first = min(standing, key=_seniority)
        return Owner(usable=False, notes=((first.one_id, Reason.TOO_MANY_HOLDERS),))
    return Owner(notes=notes)


def _by_verification(
    shown: Shown, standing: Sequence[Held], at_ms: int, policy: IdentityPolicy
) -> Owner:
    """A phone that was just proved: its holder, unless somebody else's name or silence speaks."""
    verified = _verified(standing)
    if verified is None:
        return _newly_verified(shown, standing, at_ms, policy)
    reason = _doubt(verified, shown.name, at_ms, policy)
    if reason is None:
        return Owner(verified.one_id, verified.strength)
    heir = next((each for each in _asserted(standing) if same(each.name, shown.name)), None)
    later = [each.valid_from_ms for each in standing if _is_later_owner(each, at_ms)]
    return Owner(
        one_id=heir.one_id if heir else None,
        strength=heir.strength if heir else None,
        ends_for=(verified.one_id,) if verified.valid_from_ms <= at_ms else (),
        reason=reason,
        until_ms=min(later, default=None),
    )


def _newly_verified(
    shown: Shown, standing: Sequence[Held], at_ms: int, policy: IdentityPolicy
) -> Owner:
    doubts = [(each, _doubt(each, shown.name, at_ms, policy)) for each in _asserted(standing)]
    agreeing = [each for each, reason in doubts if reason is None]
    if agreeing:
        return _first_of(agreeing, shown.name)
    silent = tuple(each.one_id for each, reason in doubts if reason is Reason.LONG_SILENCE)
    notes = tuple(
        (each.one_id, reason) for each, reason in doubts if reason is Reason.NAME_CONTRADICTS
    )
    return Owner(ends_for=silent, reason=Reason.LONG_SILENCE if silent else None, notes=notes)


def _doubt(held: Held, name: Name, at_ms: int, policy: IdentityPolicy) -> Reason | None:
    """Why a fresh verification may not be the holder's."""
    if contradicts(held.name, name):
        return Reason.NAME_CONTRADICTS
    silent = at_ms - held.last_seen_ms >= policy.silence_days * _DAY_MS
    return Reason.LONG_SILENCE if silent and not same(held.name, name) else None


def _first_of(agreeing: Sequence[Held], name: Name) -> Owner:
    """The one with this very name, else the one who asserted it first; the others are noted."""
    first, *others = sorted(
        agreeing, key=lambda each: (not same(each.name, name), _seniority(each))
    )
    sure = same(first.name, name)
    notes = () if sure else tuple((each.one_id, Reason.SEVERAL_HOLDERS) for each in others)
    return Owner(first.one_id, first.strength, notes=notes)


def _verified(standing: Sequence[Held]) -> Held | None:
    """The verified holder at the moment: of several in a row, the one whose time ends first."""
    holders = [each for each in standing if each.strength is Strength.VERIFIED]
    return min(holders, key=lambda each: each.valid_to_ms or 1 << 62, default=None)


def _asserted(standing: Sequence[Held]) -> list[Held]:
    return [each for each in standing if each.strength is Strength.ASSERTED]


def _is_later_owner(held: Held, at_ms: int) -> bool:
    return held.strength is Strength.VERIFIED and held.valid_from_ms > at_ms


def _seniority(held: Held) -> tuple[int, OneId]:
    return held.valid_from_ms, held.one_id

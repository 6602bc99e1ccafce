"""Decides whose record it is. Pure: what was shown and who holds it in, a decision out.

Every shown identifier first finds its own owner, or none; then the strongest key that has an owner
decides. Nothing is ever merged here: where two members meet in one record, the stronger key wins,
the weaker one stays with its holder, and the conflict is noted for a person to look at. The
decision table with an example of each line is in ``docs/explanation/members.md``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cloud.members.ownership import Held, Owner, Reason, owner_of
from cloud.members.policy import IdentityPolicy, Strength
from cloud.members.sighting import Fingerprint, Shown
from models.wire.events.sale import Scheme
from models.wire.ids import OneId


class Outcome(StrEnum):
    """What becomes of a record.

    ``attach_stronger`` attaches, and verifies what the member had only asserted before.
    """

    NOBODY = "nobody"
    CREATE = "create"
    ATTACH = "attach"
    ATTACH_STRONGER = "attach_stronger"


@dataclass(frozen=True, slots=True)
class Claiming:
    """An identifier that the member claims from this record on, or more strongly than before.

    Attributes:
        ends_for: members whose claim on it ends at the record's moment, for the ``reason`` given.
        until_ms: when a later owner's claim begins; this claim is closed there from the start.
    """

    shown: Shown
    ends_for: tuple[OneId, ...] = ()
    reason: Reason | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something for a person to look at; ``holder`` is the other member, where there is one."""

    identifier: Fingerprint
    holder: OneId | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one record.

    Attributes:
        one_id: the member; None for a new one, and for nobody.
        claims: what the member claims with this record.
        seen: what the member holds already and was seen with again.
        named: whether the record's name may be kept as this member's.
    """

    outcome: Outcome
    one_id: OneId | None = None
    claims: tuple[Claiming, ...] = ()
    seen: tuple[Shown, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    named: bool = True


_Owned = tuple[Shown, Owner]


def decide(
    shown: Sequence[Shown],
    held: Mapping[Fingerprint, Sequence[Held]],
    holdings: Mapping[OneId, Mapping[Scheme, int]],
    at_ms: int,
    policy: IdentityPolicy,
) -> Decision:
    """Whose record it is, and what changes with it.

    Args:
        shown: the record's identifiers, each once.
        held: every claim on each of them, ended ones included.
        holdings: how many identifiers of each scheme a holder has now.
        at_ms: the record's moment.
        policy: order of keys and limits.
    """
    ranked = sorted(shown, key=lambda each: policy.rank(each.scheme, each.strength))
    owned = [
        (each, owner_of(each, held.get(each.identifier, ()), at_ms, policy)) for each in ranked
    ]
    notes = _notes(owned)
    usable = [(each, owner) for each, owner in owned if owner.usable]
    if not usable:
        return Decision(Outcome.NOBODY, conflicts=notes)
    chosen = _chosen(usable)
    if chosen.contradicted:
        return _against_its_name(usable, chosen, notes)
    usable = [(each, _corroborated(owner, chosen.one_id)) for each, owner in usable]
    claims, conflicts = _claims(usable, chosen.one_id, holdings, policy)
    return Decision(
        outcome=_outcome(chosen.one_id, usable, claims),
        one_id=chosen.one_id,
        claims=tuple(claims),
        seen=tuple(each for each, owner in usable if _holds_already(each, owner, chosen.one_id)),
        conflicts=(*notes, *conflicts),
    )


def _chosen(usable: Sequence[_Owned]) -> Owner:
    """The owner of the strongest key; a weaker key whose owner has another name does not count."""
    strongest = usable[0][1]
    candidates = (
        owner
        for _, owner in usable
        if owner.one_id is not None and (owner is strongest or not owner.contradicted)
    )
    return next(candidates, Owner())


def _corroborated(owner: Owner, one_id: OneId | None) -> Owner:
    """A number that seemed to have a new owner has not, when another key names its holder."""
    if one_id is None or one_id not in owner.ends_for:
        return owner
    return Owner(one_id, Strength.ASSERTED, notes=owner.notes)


def _against_its_name(
    usable: Sequence[_Owned], chosen: Owner, notes: tuple[Conflict, ...]
) -> Decision:
    """The strongest key is somebody's of another name: theirs is the sale, and nothing more."""
    assert chosen.one_id is not None
    conflicts = [
        Conflict(each.identifier, chosen.one_id, Reason.NAME_CONTRADICTS)
        if owner.one_id in (None, chosen.one_id)
        else Conflict(each.identifier, owner.one_id, Reason.HELD_BY_ANOTHER)
        for each, owner in usable
    ]
    seen = tuple(each for each, owner in usable if owner.one_id == chosen.one_id)
    return Decision(Outcome.ATTACH, chosen.one_id, (), seen, (*notes, *conflicts), named=False)


def _claims(
    usable: Sequence[_Owned],
    one_id: OneId | None,
    holdings: Mapping[OneId, Mapping[Scheme, int]],
    policy: IdentityPolicy,
) -> tuple[list[Claiming], list[Conflict]]:
    """What the member claims, and what cannot be claimed for them."""
    sizes = Counter(holdings.get(one_id, {})) if one_id is not None else Counter[Scheme]()
    claims: list[Claiming] = []
    conflicts: list[Conflict] = []
    for each, owner in usable:
        if owner.one_id is not None and owner.one_id != one_id:
            conflicts.append(Conflict(each.identifier, owner.one_id, Reason.HELD_BY_ANOTHER))
        elif owner.one_id is None and sizes[each.scheme] >= policy.most_per_member:
            conflicts.append(Conflict(each.identifier, None, Reason.TOO_MANY_IDENTIFIERS))
        elif not _holds_already(each, owner, one_id):
            claims.append(Claiming(each, owner.ends_for, owner.reason, owner.until_ms))
            sizes[each.scheme] += owner.one_id is None
    return claims, conflicts


def _holds_already(shown: Shown, owner: Owner, one_id: OneId | None) -> bool:
    """Whether the member's own claim is at least as strong as what was shown."""
    mine = owner.one_id is not None and owner.one_id == one_id
    return mine and (owner.strength is Strength.VERIFIED or shown.strength is Strength.ASSERTED)


def _outcome(one_id: OneId | None, usable: Sequence[_Owned], claims: Sequence[Claiming]) -> Outcome:
    if one_id is None:
        return Outcome.CREATE
    own = {each.identifier for each, owner in usable if owner.one_id == one_id}
    stronger = any(claim.shown.identifier in own for claim in claims)
    return Outcome.ATTACH_STRONGER if stronger else Outcome.ATTACH


def _notes(owned: Sequence[_Owned]) -> tuple[Conflict, ...]:
    return tuple(
        Conflict(each.identifier, holder, reason)
        for each, owner in owned
        for holder, reason in owner.notes
    )

"""The part of the member roll that one batch touches: loaded at once, changed in memory, saved.

A record decided early in the batch is seen by the records after it, so that the cut of the ledger
into batches makes no difference.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter

from cloud.members.names import UNKNOWN, Name
from cloud.members.ownership import Held
from cloud.members.policy import Strength
from cloud.members.sealing import PersonalSeals, name_place
from cloud.members.sighting import Fingerprint, Record, Sighting
from models.wire.events.member import Verification
from models.wire.events.sale import Scheme
from models.wire.ids import EventId, OneId, TenantId

Key = tuple[TenantId, Fingerprint]


@dataclass(slots=True, repr=False, eq=False)
class ClaimState:
    """One claim while a batch is folded; fields as in the table.

    Attributes:
        stored: the row is in the database already.
        changed: it differs from its row.
        new_name: a name to be sealed when the batch is saved, with the identifier's own value.
    """

    tenant: TenantId
    fingerprint: Fingerprint
    position: int
    one_id: OneId
    event_id: EventId
    scheme: Scheme
    strength: Strength
    verified_by: Verification
    valid_from_ms: int
    last_seen_ms: int
    valid_to_ms: int | None = None
    ended_position: int | None = None
    sealed_name: bytes | None = None
    named_at_ms: int | None = None
    stored: bool = False
    changed: bool = False
    new_name: tuple[Name, Sighting] | None = None

    @property
    def stands(self) -> bool:
        """Whether nobody has ended it."""
        return self.valid_to_ms is None


@dataclass(slots=True)
class NewMember:
    """A member who is created in this batch."""

    one_id: OneId
    tenant: TenantId
    created_at_ms: int
    position: int


@dataclass(frozen=True, slots=True)
class NewIdentifier:
    """An identifier that is to be kept.

    Attributes:
        renews: its row is there already, under a key that was destroyed.
    """

    sighting: Sighting
    tenant: TenantId
    position: int
    key_id: bytes
    renews: bool


@dataclass(slots=True)
class Roll:
    """Claims on the identifiers of a batch, and what is to be saved of them.

    Attributes:
        attributed: ledger position to member, for records folded before.
        touched: members whose card may change, with the latest position that touched them.
        dropped: claims whose identifier was erased; they are deleted.
    """

    seals: PersonalSeals
    attributed: dict[int, OneId | None] = field(default_factory=dict)
    new_identifiers: list[NewIdentifier] = field(default_factory=list)
    new_members: dict[OneId, NewMember] = field(default_factory=dict)
    touched: dict[OneId, int] = field(default_factory=dict)
    dropped: list[ClaimState] = field(default_factory=list)
    _by_key: dict[Key, list[ClaimState]] = field(default_factory=lambda: defaultdict(list))
    _by_member: dict[OneId, list[ClaimState]] = field(default_factory=lambda: defaultdict(list))

    def enter(self, claim: ClaimState) -> None:
        """Put a claim on the roll, a stored one or a new one."""
        self._by_key[claim.tenant, claim.fingerprint].append(claim)
        self._by_member[claim.one_id].append(claim)

    def claims(self) -> Iterable[ClaimState]:
        """Every claim on the roll."""
        return (claim for claims in self._by_member.values() for claim in claims)

    def held(self, record: Record) -> dict[Fingerprint, list[Held]]:
        """Everybody's claims on the record's identifiers; names only where the record has one."""
        named = any(each.shown.name for each in record.sightings)
        return {
            each.shown.identifier: [
                self._held(claim, named=named)
                for claim in self._by_key[record.tenant, each.shown.identifier]
            ]
            for each in record.sightings
        }

    def holdings(self, record: Record) -> Mapping[OneId, Mapping[Scheme, int]]:
        """How many identifiers of each scheme the holders of the record's identifiers have."""
        holders = {
            claim.one_id
            for each in record.sightings
            for claim in self._by_key[record.tenant, each.shown.identifier]
        }
        return {
            one_id: Counter(claim.scheme for claim in self._by_member[one_id] if claim.stands)
            for one_id in holders
        }

    def claim_of(self, key: Key, one_id: OneId) -> ClaimState | None:
        """The member's standing claim on an identifier."""
        mine = (each for each in self._by_key[key] if each.one_id == one_id and each.stands)
        return next(mine, None)

    def claims_at(self, key: Key, one_id: OneId, at_ms: int) -> list[ClaimState]:
        """The member's claims on an identifier that had not ended at a moment."""
        return [
            each
            for each in self._by_key[key]
            if each.one_id == one_id and (each.valid_to_ms is None or at_ms < each.valid_to_ms)
        ]

    def touch(self, one_id: OneId, position: int) -> None:
        """Note that something about the member changed with this ledger entry."""
        self.touched[one_id] = max(position, self.touched.get(one_id, 0))

    def end(self, claim: ClaimState, record: Record) -> None:
        """End a claim at the record's moment."""
        claim.valid_to_ms = max(record.at_ms, claim.valid_from_ms)
        claim.ended_position = record.position
        claim.changed = True

    def drop_all(self, key: Key) -> list[ClaimState]:
        """Take every claim on an erased identifier off the roll; returns them."""
        claims = self._by_key.pop(key, [])
        for claim in claims:
            self._by_member[claim.one_id].remove(claim)
        self.dropped += [claim for claim in claims if claim.stored]
        return claims

    def name_of(self, one_id: OneId) -> Name:
        """What the member is called, over all their standing claims."""
        named = [
            (name_rank(claim.strength, name, claim.named_at_ms, claim.position), name)
            for claim in self._by_member[one_id]
            if claim.stands and (name := self.read_name(claim))
        ]
        return max(named, key=itemgetter(0), default=(None, UNKNOWN))[1]

    def read_name(self, claim: ClaimState) -> Name:
        """The claim's own name; UNKNOWN where its key was destroyed."""
        if claim.new_name is not None:
            return claim.new_name[0]
        if claim.sealed_name is None:
            return UNKNOWN
        return open_name(self.seals, claim.one_id, claim.sealed_name)

    def _held(self, claim: ClaimState, *, named: bool) -> Held:
        return Held(
            one_id=claim.one_id,
            strength=claim.strength,
            valid_from_ms=claim.valid_from_ms,
            last_seen_ms=claim.last_seen_ms,
            valid_to_ms=claim.valid_to_ms,
            name=self.name_of(claim.one_id) if named else UNKNOWN,
        )


def name_rank(
    strength: Strength, name: Name, named_at_ms: int | None, position: int
) -> tuple[bool, bool, int, int]:
    """Which of a member's names is shown: a verified claim's, a complete one, the newest."""
    return strength is Strength.VERIFIED, name.complete, named_at_ms or 0, position


def open_name(seals: PersonalSeals, one_id: OneId, sealed: bytes) -> Name:
    """A claim's sealed name; UNKNOWN where its key was destroyed."""
    fields = seals.open(name_place(one_id), sealed)
    return Name(fields.get("family", ""), fields.get("given", ""))

"""The golden record: what a member is known by and called now, with where each field came from.

Computed from standing claims, never stored. A field whose key was destroyed is simply not there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from sqlalchemy import Connection, bindparam, select

from cloud.members.names import UNKNOWN, Name
from cloud.members.policy import Strength
from cloud.members.roll import name_rank, open_name
from cloud.members.sealing import PersonalSeals, identifier_place
from cloud.members.tables import CLAIM, IDENTIFIER
from cloud.sales.tables import AnyRow
from models.wire.events.sale import Scheme
from models.wire.ids import EventId, OneId


@dataclass(frozen=True, slots=True, repr=False)
class KnownBy:
    """One identifier that the member holds now. Personal, never printed.

    Attributes:
        event_id: of the record that opened the claim.
    """

    scheme: Scheme
    namespace: str
    value: str
    strength: Strength
    event_id: EventId

    def __repr__(self) -> str:
        return f"KnownBy({self.namespace}, {self.strength})"


@dataclass(frozen=True, slots=True)
class GoldenRecord:
    """A member as the claims have them.

    Attributes:
        known_by: the verified ones first, then the longest held.
        name_from: the identifier whose claim gave the name: a verified claim before an asserted
            one, a complete name before a part of one, then the newest.
    """

    one_id: OneId
    known_by: tuple[KnownBy, ...] = ()
    name: Name = UNKNOWN
    name_from: KnownBy | None = None

    def values(self, scheme: Scheme) -> list[str]:
        """The plain identifiers of one scheme."""
        return [each.value for each in self.known_by if each.scheme is scheme]


_STANDING: Final = (
    select(
        CLAIM.c.one_id,
        CLAIM.c.scheme,
        CLAIM.c.strength,
        CLAIM.c.event_id,
        CLAIM.c.valid_from_ms,
        CLAIM.c.position,
        CLAIM.c.sealed_name,
        CLAIM.c.named_at_ms,
        IDENTIFIER.c.namespace,
        IDENTIFIER.c.fingerprint,
        IDENTIFIER.c.sealed,
    )
    .join(
        IDENTIFIER,
        (IDENTIFIER.c.tenant == CLAIM.c.tenant) & (IDENTIFIER.c.fingerprint == CLAIM.c.fingerprint),
    )
    .where(CLAIM.c.one_id.in_(bindparam("values", expanding=True)), CLAIM.c.valid_to_ms.is_(None))
)


def golden_records(
    connection: Connection, seals: PersonalSeals, one_ids: Collection[OneId]
) -> dict[OneId, GoldenRecord]:
    """The golden records of these members; one without standing claims is empty."""
    claims: dict[OneId, list[AnyRow]] = defaultdict(list)
    for row in connection.execute(_STANDING, {"values": list(one_ids)}):
        claims[row.one_id].append(row)
    return {one_id: _golden(seals, one_id, claims[one_id]) for one_id in one_ids}


def _golden(seals: PersonalSeals, one_id: OneId, claims: Sequence[AnyRow]) -> GoldenRecord:
    readable = [
        (row, known)
        for row in sorted(claims, key=_verified_then_oldest)
        if (known := _known_by(seals, row)) is not None
    ]
    known_by = tuple(known for _, known in readable)
    named = [
        (name_rank(known.strength, name, row.named_at_ms, row.position), name, known)
        for row, known in readable
        if row.sealed_name is not None and (name := open_name(seals, one_id, row.sealed_name))
    ]
    if not named:
        return GoldenRecord(one_id, known_by)
    _, name, source = max(named, key=itemgetter(0))
    return GoldenRecord(one_id, known_by, name, source)


def _known_by(seals: PersonalSeals, row: AnyRow) -> KnownBy | None:
    value = seals.open(identifier_place(row.fingerprint), row.sealed).get("value")
    if value is None:
        return None
    strength = Strength(row.strength)
    return KnownBy(Scheme(row.scheme), row.namespace, value, strength, EventId(row.event_id))


def _verified_then_oldest(row: AnyRow) -> tuple[bool, int, bytes]:
    return row.strength != Strength.VERIFIED, row.valid_from_ms, row.fingerprint

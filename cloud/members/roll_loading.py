"""Loads what the tables know of a batch's identifiers, and of those who hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, bindparam, select

from cloud.members.enactment import cause_of
from cloud.members.identity_log import Change, LogEntry
from cloud.members.ownership import Reason
from cloud.members.policy import Strength
from cloud.members.roll import ClaimState, Key, NewIdentifier, Roll
from cloud.members.sealing import PersonalSeals
from cloud.members.sighting import Fingerprint, Record, Sighting
from cloud.members.tables import CLAIM, IDENTIFIER, SOURCE_RECORD
from cloud.sales.tables import AnyRow
from models.wire.events.member import Verification
from models.wire.events.sale import Scheme
from models.wire.ids import EventId, OneId, TenantId

_VALUES: Final[BindParameter[Any]] = bindparam("values", expanding=True)
# Named as well because the keys of these tables begin with the tenant: without it, a full scan.
_TENANTS: Final[BindParameter[Any]] = bindparam("tenants", expanding=True)
_ATTRIBUTED: Final = select(SOURCE_RECORD.c.position, SOURCE_RECORD.c.one_id).where(
    SOURCE_RECORD.c.position.in_(_VALUES)
)
_IDENTIFIERS: Final = select(
    IDENTIFIER.c.tenant, IDENTIFIER.c.fingerprint, IDENTIFIER.c.key_id
).where(IDENTIFIER.c.tenant.in_(_TENANTS), IDENTIFIER.c.fingerprint.in_(_VALUES))
_CLAIMS_ON: Final = select(CLAIM).where(
    CLAIM.c.tenant.in_(_TENANTS), CLAIM.c.fingerprint.in_(_VALUES)
)
_CLAIMS_OF: Final = select(CLAIM).where(CLAIM.c.one_id.in_(_VALUES))

_First = tuple[Record, Sighting]


def load_roll(
    connection: Connection, seals: PersonalSeals, records: Sequence[Record]
) -> tuple[Roll, list[LogEntry]]:
    """The roll for these records; the log entries say what erased identifiers released."""
    roll = Roll(seals)
    positions = [record.position for record in records]
    found = connection.execute(_ATTRIBUTED, {"values": positions})
    roll.attributed = {row.position: row.one_id for row in found}
    first = _first_sightings(each for each in records if each.position not in roll.attributed)
    if not first:
        return roll, []
    _load_claims(connection, roll, list(first))
    released: list[LogEntry] = []
    kept = _key_ids(connection, first)
    live = seals.key_ids([(each.namespace, each.value) for _, each in first.values()])
    for (key, (record, sighting)), key_id in zip(first.items(), live, strict=True):
        before = kept.get(key)
        if before == key_id:
            continue
        if before is not None:
            released += _release(roll, key, record, sighting)
        roll.new_identifiers.append(
            NewIdentifier(sighting, key[0], record.position, key_id, renews=before is not None)
        )
    return roll, released


def _first_sightings(records: Iterable[Record]) -> dict[Key, _First]:
    first: dict[Key, _First] = {}
    for record in records:
        for sighting in record.sightings:
            first.setdefault((record.tenant, sighting.shown.identifier), (record, sighting))
    return first


def _load_claims(connection: Connection, roll: Roll, keys: Sequence[Key]) -> None:
    """Claims on the identifiers, ended ones too, and all claims of their holders."""
    claims = {_key_of(row): row for row in connection.execute(_CLAIMS_ON, _wanted(keys))}
    holders = sorted({row.one_id for row in claims.values()})
    if holders:
        claims |= {_key_of(row): row for row in connection.execute(_CLAIMS_OF, {"values": holders})}
    for row in claims.values():
        roll.enter(_claim_of(row))


def _key_ids(connection: Connection, first: Mapping[Key, _First]) -> dict[Key, bytes]:
    found = connection.execute(_IDENTIFIERS, _wanted(list(first)))
    return {(row.tenant, row.fingerprint): row.key_id for row in found}


def _release(roll: Roll, key: Key, record: Record, sighting: Sighting) -> Iterator[LogEntry]:
    """The identifier was erased: whoever shows it now is a stranger to those who held it."""
    released = roll.drop_all(key)
    for one_id in sorted({claim.one_id for claim in released if claim.stands}):
        roll.touch(one_id, record.position)
        yield LogEntry(
            Change.RELEASED,
            cause_of(record),
            one_id,
            reason=Reason.KEY_DESTROYED,
            identifier=(sighting.namespace, key[1]),
        )


def _wanted(keys: Sequence[Key]) -> dict[str, list[Any]]:
    tenants = sorted({tenant for tenant, _ in keys})
    return {"tenants": tenants, "values": sorted({print_ for _, print_ in keys})}


def _key_of(row: AnyRow) -> tuple[str, bytes, int]:
    return row.tenant, row.fingerprint, row.position


def _claim_of(row: AnyRow) -> ClaimState:
    return ClaimState(
        tenant=TenantId(row.tenant),
        fingerprint=Fingerprint(row.fingerprint),
        position=row.position,
        one_id=OneId(row.one_id),
        event_id=EventId(row.event_id),
        scheme=Scheme(row.scheme),
        strength=Strength(row.strength),
        verified_by=Verification(row.verified_by),
        valid_from_ms=row.valid_from_ms,
        last_seen_ms=row.last_seen_ms,
        valid_to_ms=row.valid_to_ms,
        ended_position=row.ended_position,
        sealed_name=row.sealed_name,
        named_at_ms=row.named_at_ms,
        stored=True,
    )

"""Saves what a batch changed on the roll, a few statements for the whole batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from cloud.members.identity_log import RULES
from cloud.members.roll import ClaimState, NewIdentifier, Roll
from cloud.members.sealing import PersonalSeals, Secret, identifier_place, name_place
from cloud.members.sighting import Record
from cloud.members.statements import run_many
from cloud.members.tables import (
    CLAIM,
    EVIDENCE,
    IDENTIFIER,
    MEMBER,
    SOURCE_RECORD,
    MemberStatus,
)
from models.wire.ids import OneId

CO_OCCURRENCE: Final = "co_occurrence"

_CHANGING: Final = (
    "valid_from_ms",
    "valid_to_ms",
    "last_seen_ms",
    "sealed_name",
    "named_at_ms",
    "ended_position",
)
_THIS_CLAIM: Final = (
    (CLAIM.c.tenant == bindparam("of_tenant"))
    & (CLAIM.c.fingerprint == bindparam("of_fingerprint"))
    & (CLAIM.c.position == bindparam("of_position"))
)
_CHANGE_CLAIM: Final = (
    update(CLAIM).where(_THIS_CLAIM).values({name: bindparam(name) for name in _CHANGING})
)
_DROP_CLAIM: Final = delete(CLAIM).where(_THIS_CLAIM)
_RENEW: Final = (
    update(IDENTIFIER)
    .where(
        IDENTIFIER.c.tenant == bindparam("of_tenant"),
        IDENTIFIER.c.fingerprint == bindparam("of_fingerprint"),
    )
    .values(key_id=bindparam("key_id"), sealed=bindparam("sealed"), position=bindparam("position"))
)
_TOUCH: Final = (
    update(MEMBER)
    .where(MEMBER.c.one_id == bindparam("of"), MEMBER.c.version < bindparam("now"))
    .values(version=bindparam("now"))
)
_EVIDENCE: Final = select(EVIDENCE.c.tenant, EVIDENCE.c.one, EVIDENCE.c.other).where(
    EVIDENCE.c.tenant.in_(bindparam("tenants", expanding=True)),
    EVIDENCE.c.one.in_(bindparam("values", expanding=True)),
)


def save_roll(connection: Connection, roll: Roll) -> None:
    """Write members, identifiers and claims; the roll must not be used afterwards."""
    _insert_members(connection, roll)
    _write_identifiers(connection, roll)
    _write_claims(connection, roll)
    run_many(connection, _TOUCH, [{"of": one, "now": at} for one, at in roll.touched.items()])


def save_records(connection: Connection, attributed: Sequence[tuple[Record, OneId | None]]) -> None:
    """Write to whom each record was attributed."""
    rows = [
        {
            "position": record.position,
            "tenant": record.tenant,
            "store": record.store,
            "event_id": record.event_id,
            "sale_id": record.sale_id,
            "at_ms": record.at_ms,
            "one_id": one_id,
        }
        for record, one_id in attributed
    ]
    run_many(connection, insert(SOURCE_RECORD), rows)


def save_evidence(connection: Connection, records: Iterable[Record], rule_version: str) -> None:
    """Write which identifiers were shown together for the first time."""
    rows = {
        (row["tenant"], row["one"], row["other"]): row
        for record in reversed(list(records))  # of several records, the first one stays
        for row in _pairs(record, rule_version)
    }
    if not rows:
        return
    wanted = {
        "tenants": sorted({tenant for tenant, _, _ in rows}),
        "values": sorted({one for _, one, _ in rows}),
    }
    known = {tuple(found) for found in connection.execute(_EVIDENCE, wanted)}
    run_many(connection, insert(EVIDENCE), [row for key, row in rows.items() if key not in known])


def _insert_members(connection: Connection, roll: Roll) -> None:
    rows = [
        {
            "one_id": new.one_id,
            "tenant": new.tenant,
            "status": MemberStatus.ACTIVE.value,
            "merged_into": None,
            "created_at_ms": new.created_at_ms,
            "created_position": new.position,
            "version": roll.touched.get(new.one_id, new.position),
        }
        for new in roll.new_members.values()
    ]
    run_many(connection, insert(MEMBER), rows)


def _write_identifiers(connection: Connection, roll: Roll) -> None:
    due = roll.new_identifiers
    rows = [
        _identifier(new, sealed)
        for new, sealed in zip(due, roll.seals.seal([_value(new) for new in due]), strict=True)
    ]
    renewed = [
        {"of_tenant": row["tenant"], "of_fingerprint": row["fingerprint"], **row}
        for new, row in zip(due, rows, strict=True)
        if new.renews
    ]
    new_rows = [row for new, row in zip(due, rows, strict=True) if not new.renews]
    run_many(connection, insert(IDENTIFIER), new_rows)
    run_many(connection, _RENEW, [_only(row, _RENEW_KEYS) for row in renewed])


_RENEW_KEYS: Final = ("of_tenant", "of_fingerprint", "key_id", "sealed", "position")


def _value(new: NewIdentifier) -> Secret:
    sighting = new.sighting
    place = identifier_place(sighting.shown.identifier)
    return Secret(place, sighting.namespace, sighting.value, {"value": sighting.value})


def _identifier(new: NewIdentifier, sealed: bytes) -> dict[str, Any]:
    return {
        "tenant": new.tenant,
        "fingerprint": new.sighting.shown.identifier,
        "namespace": new.sighting.namespace,
        "scheme": new.sighting.shown.scheme.value,
        "key_id": new.key_id,
        "sealed": sealed,
        "position": new.position,
    }


def _write_claims(connection: Connection, roll: Roll) -> None:
    claims = list(roll.claims())
    _seal_names(roll.seals, [claim for claim in claims if claim.new_name is not None])
    run_many(connection, _DROP_CLAIM, [_of(claim) for claim in roll.dropped])
    run_many(connection, insert(CLAIM), [_row(claim) for claim in claims if not claim.stored])
    changed = [claim for claim in claims if claim.stored and claim.changed]
    run_many(
        connection, _CHANGE_CLAIM, [_of(each) | _only(_row(each), _CHANGING) for each in changed]
    )


def _seal_names(seals: PersonalSeals, named: Sequence[ClaimState]) -> None:
    secrets = []
    for claim in named:
        assert claim.new_name is not None
        name, sighting = claim.new_name
        fields = {"family": name.family, "given": name.given}
        place = name_place(claim.one_id)
        secrets.append(Secret(place, sighting.namespace, sighting.value, fields))
    for claim, sealed in zip(named, seals.seal(secrets), strict=True):
        claim.sealed_name = sealed


def _row(claim: ClaimState) -> dict[str, Any]:
    return {
        "tenant": claim.tenant,
        "fingerprint": claim.fingerprint,
        "position": claim.position,
        "one_id": claim.one_id,
        "event_id": claim.event_id,
        "scheme": claim.scheme.value,
        "strength": claim.strength.value,
        "verified_by": claim.verified_by.value,
        "valid_from_ms": claim.valid_from_ms,
        "valid_to_ms": claim.valid_to_ms,
        "last_seen_ms": claim.last_seen_ms,
        "sealed_name": claim.sealed_name,
        "named_at_ms": claim.named_at_ms,
        "ended_position": claim.ended_position,
    }


def _of(claim: ClaimState) -> dict[str, Any]:
    return {
        "of_tenant": claim.tenant,
        "of_fingerprint": claim.fingerprint,
        "of_position": claim.position,
    }


def _only(row: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _pairs(record: Record, rule_version: str) -> Iterable[dict[str, Any]]:
    shown = sorted(each.shown.identifier for each in record.sightings)
    for one, other in combinations(shown, 2):
        yield {
            "tenant": record.tenant,
            "one": one,
            "other": other,
            "rule": CO_OCCURRENCE,
            "rule_version": rule_version,
            "actor": RULES,
            "position": record.position,
            "event_id": record.event_id,
        }

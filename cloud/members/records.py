"""Reads ledger entries for the people in them: opened, normalised, without repeats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cloud.ledger.entry import LedgerEntry
from cloud.members.identifiers import Identifier, Normaliser
from cloud.members.names import UNKNOWN, Name, name_of
from cloud.members.policy import IdentityPolicy, Strength
from cloud.members.sealing import PersonalSeals
from cloud.members.sighting import Record, Shown, Sighting
from cloud.storage.columns import to_ms
from models.vault.seal import ERASED
from models.wire.events.member import MemberRegistered, Verification
from models.wire.events.sale import SaleRecorded, Scheme, Status
from models.wire.ids import SaleId, sale_id


@dataclass(frozen=True, slots=True, repr=False)
class _Said:
    """One identifier as the event writes it, opened."""

    scheme: Scheme
    value: str
    programme: str
    means: Verification
    name: Name


class RecordReader:
    """Turns entries into records; entries that name nobody give none."""

    def __init__(self, seals: PersonalSeals, policy: IdentityPolicy) -> None:
        self._seals = seals
        self._policy = policy
        self._normaliser = Normaliser(policy)

    def read(self, entries: Iterable[LedgerEntry]) -> Iterator[Record]:
        """The records of these entries, in order. Training names nobody."""
        for entry in entries:
            data = entry.data()
            match data:
                case SaleRecorded(status=Status.TRAINING) | SaleRecorded(loyalty=[]):
                    continue
                case SaleRecorded():
                    sale = sale_id(entry.tenant, data.natural_key)
                    record = self._record(entry, data.end_at, sale, self._of_sale(entry, data))
                case MemberRegistered():
                    record = self._record(
                        entry, entry.captured_at, None, self._of_member(entry, data)
                    )
                case _:
                    continue
            if record is not None:
                yield record

    def _of_sale(self, entry: LedgerEntry, sale: SaleRecorded) -> Iterator[_Said]:
        for each in sale.loyalty:
            name = self._name(entry, each.family_name, each.given_name)
            value = self._open(entry, each.value)
            yield _Said(each.scheme, value, each.programme, Verification.ASSERTED, name)

    def _of_member(self, entry: LedgerEntry, member: MemberRegistered) -> Iterator[_Said]:
        name = self._name(entry, member.person.family_name, member.person.given_name)
        for each in member.identifiers:
            value = self._open(entry, each.value)
            yield _Said(each.scheme, value, each.programme, each.verified_by, name)

    def _record(
        self, entry: LedgerEntry, at: datetime, sale: SaleId | None, said: Iterable[_Said]
    ) -> Record | None:
        sightings = self._sightings(list(self._normalised(entry, said)))
        if not sightings:
            return None
        return Record(
            position=entry.position,
            tenant=entry.tenant,
            store=entry.store,
            event_id=entry.event_id,
            digest=entry.digest,
            at_ms=min(to_ms(at), to_ms(entry.received_at)),
            sale_id=sale,
            sightings=sightings,
        )

    def _normalised(
        self, entry: LedgerEntry, said: Iterable[_Said]
    ) -> Iterator[tuple[Identifier, _Said]]:
        region = self._policy.region_of(entry.tenant, entry.store)
        for each in said:
            if each.value != ERASED:
                found = self._normaliser.read(each.scheme, each.value, each.programme, region)
                if isinstance(found, Identifier):
                    yield found, each

    def _sightings(self, usable: Sequence[tuple[Identifier, _Said]]) -> tuple[Sighting, ...]:
        """Each identifier once, as strongly as the record shows it; a name is kept once as well."""
        named = next((said.name for _, said in usable if said.name), UNKNOWN)
        kept: dict[bytes, Sighting] = {}
        names: set[Name] = set()
        for identifier, said in usable:
            each = self._sighting(identifier, said, named, keeps=said.name not in names)
            names.add(said.name)
            other = kept.get(each.shown.identifier)
            if other is None or _stronger(each, other):
                keeps = each.keeps_name or (other is not None and other.keeps_name)
                kept[each.shown.identifier] = replace(each, keeps_name=keeps)
        return tuple(kept.values())

    def _sighting(
        self, identifier: Identifier, said: _Said, named: Name, *, keeps: bool
    ) -> Sighting:
        fingerprint = self._seals.fingerprint(identifier.namespace, identifier.value)
        strength = self._policy.strength_of(identifier.scheme, said.means)
        return Sighting(
            shown=Shown(fingerprint, identifier.scheme, strength, said.name or named),
            namespace=identifier.namespace,
            value=identifier.value,
            verified_by=said.means,
            keeps_name=keeps and bool(said.name),
        )

    def _open(self, entry: LedgerEntry, text: str) -> str:
        return self._seals.open_event_text(entry.event_id, text)

    def _name(self, entry: LedgerEntry, family: str, given: str) -> Name:
        opened = [self._open(entry, part) for part in (family, given)]
        return name_of(*("" if part == ERASED else part for part in opened))


def _stronger(one: Sighting, other: Sighting) -> bool:
    verified = one.shown.strength is Strength.VERIFIED
    return verified and other.shown.strength is Strength.ASSERTED

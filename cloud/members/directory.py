"""Reads the members: who holds an identifier, why somebody is one, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, or_, select

from cloud.members.explain import Step, step_of
from cloud.members.golden import GoldenRecord, golden_records
from cloud.members.identifiers import Identifier, Normaliser
from cloud.members.identity_log import Change
from cloud.members.policy import IdentityPolicy, Strength
from cloud.members.sealing import PersonalSeals, identifier_place
from cloud.members.tables import CLAIM, IDENTIFIER, IDENTITY_EVENT, MEMBER, MemberStatus
from cloud.sales.tables import SALE, AnyRow
from cloud.storage import read
from cloud.storage.columns import from_ms
from models.vault.keyring import Keyring
from models.wire.events.sale import Scheme
from models.wire.ids import OneId, TenantId
from models.wire.personal import namespace_of


@dataclass(frozen=True, slots=True)
class Holder:
    """A member who holds an identifier now, and how strongly."""

    one_id: OneId
    strength: Strength


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a member is one. Quotes no personal data.

    Attributes:
        created_at: when they were there for the first time, aware UTC.
        known_by: name space and strength of each identifier they hold.
        name_from: the name space of the identifier that gave the name, None without a name.
        steps: every decision, in the order in which it was taken.
    """

    one_id: OneId
    created_at: datetime
    known_by: tuple[tuple[str, Strength], ...]
    name_from: str | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class MemberCounts:
    """How many.

    Attributes:
        identifiers: standing claims by scheme.
        verified_phones: those phones of them that were proved.
        conflicts: pairs noted for a person to look at.
        linked_sales: transactions that have a member, each once.
    """

    members: int
    identifiers: dict[Scheme, int]
    verified_phones: int
    conflicts: int
    linked_sales: int


class Directory:
    """Looks members up. Makes no key and changes nothing."""

    def __init__(
        self, engine: Engine, keyring: Keyring, policy: IdentityPolicy | None = None
    ) -> None:
        self._engine = engine
        self._seals = PersonalSeals(keyring)
        self._policy = policy or IdentityPolicy()
        self._normaliser = Normaliser(self._policy)

    def find_by_phone(
        self, tenant: TenantId, phone: str, region: str | None = None
    ) -> list[Holder]:
        """Who holds a phone, the verified holder first; none for a blocked or invalid one."""
        found = self._normaliser.read(
            Scheme.PHONE, phone, region=region or self._policy.default_region
        )
        return self._holders(tenant, [found]) if isinstance(found, Identifier) else []

    def find_by_card(
        self, tenant: TenantId, card: str, programme: str | None = None
    ) -> list[Holder]:
        """Who holds a card, of one programme or of any."""
        return self._find_in_programmes(tenant, Scheme.CARD, card, programme)

    def find_by_code(
        self, tenant: TenantId, code: str, programme: str | None = None
    ) -> list[Holder]:
        """Who holds a member code, of one programme or of any."""
        return self._find_in_programmes(tenant, Scheme.MEMBER_CODE, code, programme)

    def golden(self, tenant: TenantId, one_id: OneId) -> GoldenRecord | None:
        """What a member is known by and called, or None where there is no such member."""
        with read(self._engine) as connection:
            if _member(connection, tenant, one_id) is None:
                return None
            return golden_records(connection, self._seals, [one_id])[one_id]

    def explain(self, tenant: TenantId, one_id: OneId) -> Explanation | None:
        """Why a member is one, or None where there is no such member."""
        with read(self._engine) as connection:
            member = _member(connection, tenant, one_id)
            if member is None:
                return None
            golden = golden_records(connection, self._seals, [one_id])[one_id]
            steps = [step_of(row, one_id) for row in _logged(connection, tenant, one_id)]
        return Explanation(
            one_id=one_id,
            created_at=from_ms(member.created_at_ms),
            known_by=tuple((each.namespace, each.strength) for each in golden.known_by),
            name_from=golden.name_from.namespace if golden.name_from else None,
            steps=tuple(steps),
        )

    def counts(self, tenant: TenantId) -> MemberCounts:
        """How many members, identifiers, conflicts and linked sales a tenant has."""
        standing = (CLAIM.c.tenant == tenant) & CLAIM.c.valid_to_ms.is_(None)
        active = (MEMBER.c.tenant == tenant) & (MEMBER.c.status == MemberStatus.ACTIVE.value)
        verified = (CLAIM.c.strength == Strength.VERIFIED) & (CLAIM.c.scheme == Scheme.PHONE)
        conflict = IDENTITY_EVENT.c.kind == Change.CONFLICT.value
        linked = (SALE.c.tenant == tenant) & SALE.c.one_id.is_not(None)
        by_scheme = select(CLAIM.c.scheme, func.count()).where(standing).group_by(CLAIM.c.scheme)
        with read(self._engine) as connection:
            return MemberCounts(
                members=_count(connection, MEMBER, active),
                identifiers={Scheme(each): many for each, many in connection.execute(by_scheme)},
                verified_phones=_count(connection, CLAIM, standing & verified),
                conflicts=_count(
                    connection, IDENTITY_EVENT, (IDENTITY_EVENT.c.tenant == tenant) & conflict
                ),
                linked_sales=_count(connection, SALE, linked & SALE.c.echo_of.is_(None)),
            )

    def _find_in_programmes(
        self, tenant: TenantId, scheme: Scheme, value: str, programme: str | None
    ) -> list[Holder]:
        read_as = self._normaliser.read(scheme, value, programme or "")
        if not isinstance(read_as, Identifier):
            return []
        if programme is not None:
            return self._holders(tenant, [read_as])
        namespaces = {namespace_of(scheme), *self._namespaces(tenant, scheme)}
        return self._holders(
            tenant, [Identifier(scheme, each, read_as.value) for each in sorted(namespaces)]
        )

    def _namespaces(self, tenant: TenantId, scheme: Scheme) -> list[str]:
        query = (
            select(IDENTIFIER.c.namespace)
            .where(IDENTIFIER.c.tenant == tenant, IDENTIFIER.c.scheme == scheme.value)
            .distinct()
        )
        with read(self._engine) as connection:
            return list(connection.scalars(query))

    def _holders(self, tenant: TenantId, identifiers: Sequence[Identifier]) -> list[Holder]:
        prints = [self._seals.fingerprint(each.namespace, each.value) for each in identifiers]
        query = (
            select(CLAIM.c.one_id, CLAIM.c.strength, CLAIM.c.fingerprint, IDENTIFIER.c.sealed)
            .join(
                IDENTIFIER,
                (IDENTIFIER.c.tenant == CLAIM.c.tenant)
                & (IDENTIFIER.c.fingerprint == CLAIM.c.fingerprint),
            )
            .where(CLAIM.c.tenant == tenant, CLAIM.c.fingerprint.in_(prints))
            .where(CLAIM.c.valid_to_ms.is_(None))
            .order_by(CLAIM.c.strength.desc(), CLAIM.c.valid_from_ms, CLAIM.c.one_id)
        )
        with read(self._engine) as connection:
            rows = connection.execute(query).all()
        return [
            Holder(OneId(row.one_id), Strength(row.strength)) for row in rows if self._readable(row)
        ]

    def _readable(self, row: AnyRow) -> bool:
        """Whether the identifier has not been erased."""
        return "value" in self._seals.open(identifier_place(row.fingerprint), row.sealed)


def _member(connection: Connection, tenant: TenantId, one_id: OneId) -> AnyRow | None:
    query = select(MEMBER).where(MEMBER.c.tenant == tenant, MEMBER.c.one_id == one_id)
    return connection.execute(query).first()


def _logged(connection: Connection, tenant: TenantId, one_id: OneId) -> Sequence[AnyRow]:
    concerns = or_(IDENTITY_EVENT.c.one_id == one_id, IDENTITY_EVENT.c.other_one_id == one_id)
    query = select(IDENTITY_EVENT).where(IDENTITY_EVENT.c.tenant == tenant, concerns)
    return connection.execute(query.order_by(IDENTITY_EVENT.c.number)).all()


def _count(connection: Connection, table: Any, condition: Any) -> int:
    query = select(func.count()).select_from(table).where(condition)
    return connection.execute(query).scalar_one()

"""The tables of members. Times are integer milliseconds UTC; nothing personal is in the clear.

All but ``identity_event`` are projections of the ledger and may be cleared and folded anew.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, Column, Index, Table
from sqlmodel import Field, SQLModel

from cloud.storage.columns import BIG_KEY


class MemberStatus(StrEnum):
    """Whether a member stands for themselves. Nothing merges yet, so all of them are active."""

    ACTIVE = "active"
    MERGED = "merged"


class MemberRow(SQLModel, table=True):
    """A person, as far as we know.

    Attributes:
        one_id: opaque; see ``naming``.
        created_at_ms: when the person was there for the first time, by the creating record.
        created_position: the ledger position of that record.
        version: the ledger position of the latest change of identity, name or sales; it tells the
            cards what to look at, and may depend on how entries were grouped.
    """

    __tablename__ = "member"
    __table_args__: ClassVar[Any] = (
        Index("member_changed", "version"),
        Index("member_of_tenant", "tenant"),
    )

    one_id: str = Field(primary_key=True)
    tenant: str
    status: str
    merged_into: str | None
    created_at_ms: int = Field(sa_type=BigInteger)
    created_position: int = Field(sa_type=BigInteger)
    version: int = Field(sa_type=BigInteger)


class IdentifierRow(SQLModel, table=True):
    """A phone, card or member code that somebody was ever known by.

    Attributes:
        fingerprint: keyed HMAC of name space and value.
        key_id: of the data key under which ``sealed`` was made; another live key for the same
            fingerprint means that this one was destroyed and the value with it.
        sealed: JSON object with ``value`` sealed, opened at the place ``identifier <fingerprint>``.
    """

    __tablename__ = "identifier"
    __table_args__: ClassVar[Any] = (
        Index("identifier_programme", "tenant", "scheme", "namespace"),
    )

    tenant: str = Field(primary_key=True)
    fingerprint: bytes = Field(primary_key=True)
    namespace: str
    scheme: str
    key_id: bytes
    sealed: bytes
    position: int = Field(sa_type=BigInteger)


class ClaimRow(SQLModel, table=True):
    """Who held an identifier when. The ledger position is that of the record that opened it.

    Attributes:
        valid_to_ms: None while the claim stands.
        last_seen_ms: the latest record that showed this member with this identifier.
        sealed_name: JSON object with ``family`` and ``given`` sealed under the identifier's key,
            opened at the place ``name <one_id>``.
        ended_position: the ledger position of the record that ended it.
    """

    __tablename__ = "claim"
    __table_args__: ClassVar[Any] = (Index("claim_of_member", "one_id"),)

    tenant: str = Field(primary_key=True)
    fingerprint: bytes = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_type=BigInteger)
    one_id: str
    event_id: str
    scheme: str
    strength: str
    verified_by: str
    valid_from_ms: int = Field(sa_type=BigInteger)
    valid_to_ms: int | None = Field(sa_type=BigInteger)
    last_seen_ms: int = Field(sa_type=BigInteger)
    sealed_name: bytes | None
    named_at_ms: int | None = Field(sa_type=BigInteger)
    ended_position: int | None = Field(sa_type=BigInteger)


class SourceRecordRow(SQLModel, table=True):
    """A ledger entry that names somebody, and the member it was attributed to."""

    __tablename__ = "source_record"
    __table_args__: ClassVar[Any] = (Index("source_record_of_member", "one_id"),)

    position: int = Field(sa_column=Column(BIG_KEY, primary_key=True, autoincrement=False))
    tenant: str
    store: str
    event_id: str
    sale_id: str | None
    at_ms: int = Field(sa_type=BigInteger)
    one_id: str | None


class EvidenceRow(SQLModel, table=True):
    """Two identifiers that one record showed together; ``one`` is the smaller fingerprint.

    The first such record is named. Rule ``co_occurrence`` says that they may be one person's,
    never that they are.
    """

    __tablename__ = "evidence"
    __table_args__: ClassVar[Any] = (Index("evidence_other", "tenant", "other"),)

    tenant: str = Field(primary_key=True)
    one: bytes = Field(primary_key=True)
    other: bytes = Field(primary_key=True)
    rule: str
    rule_version: str
    actor: str
    position: int = Field(sa_type=BigInteger)
    event_id: str


class IdentityEventRow(SQLModel, table=True):
    """One decision about who somebody is. Appended, never changed and never deleted.

    Attributes:
        digest: of the content; what was logged already is not logged again by a rebuild.
        other_one_id: the other member, where there is one.
        fingerprint: the identifier concerned.
        event_id: of the ledger event that caused it.
        actor: ``rules``, or the person who decided.
    """

    __tablename__ = "identity_event"
    __table_args__: ClassVar[Any] = (
        Index("identity_event_content", "digest", unique=True),
        Index("identity_event_of_member", "one_id"),
        Index("identity_event_of_other", "other_one_id"),
    )

    number: int | None = Field(default=None, sa_column=Column(BIG_KEY, primary_key=True))
    digest: bytes
    tenant: str
    one_id: str
    kind: str
    reason: str | None
    other_one_id: str | None
    namespace: str | None
    fingerprint: bytes | None
    strength: str | None
    sale_id: str | None
    store: str
    event_id: str
    position: int = Field(sa_type=BigInteger)
    at_ms: int = Field(sa_type=BigInteger)
    rule_version: str
    actor: str


_TABLES: Final = SQLModel.metadata.tables
MEMBER: Final[Table] = _TABLES["member"]
IDENTIFIER: Final[Table] = _TABLES["identifier"]
CLAIM: Final[Table] = _TABLES["claim"]
SOURCE_RECORD: Final[Table] = _TABLES["source_record"]
EVIDENCE: Final[Table] = _TABLES["evidence"]
IDENTITY_EVENT: Final[Table] = _TABLES["identity_event"]

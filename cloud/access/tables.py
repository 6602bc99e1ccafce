"""The tables of this package. Secrets are here as hashes only; times are milliseconds UTC."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Table
from sqlmodel import Field, SQLModel

from cloud.storage.columns import BIG_KEY


class ConsoleSecretRow(SQLModel, table=True):
    """A secret that a person types, by name (``password``, ``set-up code``), as Argon2id."""

    __tablename__ = "console_secret"

    name: str = Field(primary_key=True)
    argon2: str
    set_ms: int = Field(sa_type=BigInteger)


class SessionRow(SQLModel, table=True):
    """A browser that signed in, by the SHA-256 of its random token."""

    __tablename__ = "console_session"

    token_sha256: bytes = Field(primary_key=True)
    opened_ms: int = Field(sa_type=BigInteger)
    seen_ms: int = Field(sa_type=BigInteger)
    expires_ms: int = Field(sa_type=BigInteger)


class ApiTokenRow(SQLModel, table=True):
    """A program's token, by its public id. Revoked ones stay, for the audit's sake.

    Attributes:
        stores: those that it is bound to, parted by blanks; empty for all of the tenant's.
    """

    __tablename__ = "api_token"

    token_id: str = Field(primary_key=True)
    tenant: str
    name: str
    secret_sha256: bytes
    scopes: str
    stores: str = Field(default="", sa_column_kwargs={"server_default": ""})
    created_ms: int = Field(sa_type=BigInteger)
    last_used_ms: int | None = Field(default=None, sa_type=BigInteger)
    revoked_ms: int | None = Field(default=None, sa_type=BigInteger)


class AuditRow(SQLModel, table=True):
    """One deed. Rows are only ever added; ``seal`` chains each to the one before it."""

    __tablename__ = "audit_entry"

    position: int = Field(sa_column=Column(BIG_KEY, primary_key=True, autoincrement=False))
    at_ms: int = Field(sa_type=BigInteger)
    actor: str
    action: str
    subject: str
    seal: bytes


CONSOLE_SECRET: Final[Table] = SQLModel.metadata.tables["console_secret"]
CONSOLE_SESSION: Final[Table] = SQLModel.metadata.tables["console_session"]
API_TOKEN: Final[Table] = SQLModel.metadata.tables["api_token"]
AUDIT_ENTRY: Final[Table] = SQLModel.metadata.tables["audit_entry"]

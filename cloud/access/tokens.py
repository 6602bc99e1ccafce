"""API tokens: ``lk_<id>_<secret>``, each for one tenant and a few scopes.

The id finds the row, the secret proves the right. Of the secret only a SHA-256 is stored; see
``random_token`` for why that is right here. The prefix ``lk_`` lets secret scanners find a token
that somebody committed by mistake.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Engine, Row, insert, select, update

from cloud.access.audit import Action, Actor, AuditLog
from cloud.access.random_token import RandomBytes, new_token, sha256_of
from cloud.access.tables import API_TOKEN
from cloud.errors import InvalidInput, NotFound
from cloud.storage import read, write
from cloud.storage.columns import from_ms, to_ms
from models.runtime.clock import Clock
from models.wire.ids import StoreId, TenantId

_TOKEN = re.compile(r"lk_(?P<id>[0-9a-f]{12})_(?P<secret>[A-Za-z0-9_-]{43})")
_ID_BYTES: Final = 6
_LONGEST_NAME: Final = 60
_USED_EVERY_MS: Final = 60_000
"""The last use is written down at most this often: a write per request would be the cost of it."""


class Scope(StrEnum):
    """What a token may do."""

    READ = "read"
    DEVICES = "devices"


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token that was just made; ``text`` is shown once and then exists nowhere here."""

    token_id: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that showed a good token.

    Attributes:
        stores: those that it is bound to; None for all of its tenant's.
    """

    token_id: str
    tenant: TenantId
    scopes: frozenset[Scope]
    stores: frozenset[StoreId] | None = None

    def may_see(self, tenant: TenantId | None, store: StoreId | None) -> bool:
        """Whether something of this tenant's store is the caller's business."""
        return tenant == self.tenant and (self.stores is None or store in self.stores)

    @property
    def actor(self) -> Actor:
        """How the audit names it."""
        return Actor(f"token:{self.token_id}")


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What can be said of a token without its secret. Times are aware UTC."""

    token_id: str
    tenant: TenantId
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class ApiTokens:
    """Makes, checks and revokes tokens. Safe for several threads and processes."""

    def __init__(
        self, engine: Engine, audit: AuditLog, *, clock: Clock, random: RandomBytes
    ) -> None:
        self._engine = engine
        self._audit = audit
        self._clock = clock
        self._random = random

    def create(
        self,
        tenant: TenantId,
        name: str,
        scopes: Collection[Scope],
        actor: Actor,
        *,
        stores: Collection[StoreId] = (),
    ) -> IssuedToken:
        """Make a token; one that is bound to ``stores`` sees and does nothing elsewhere.

        Raises:
            InvalidInput: no scope, or a name that is not 1 to 60 printable characters.
        """
        if not scopes:
            raise InvalidInput("a token without a scope may do nothing; name read or devices")
        if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
            raise InvalidInput(f"a token's name has 1 to {_LONGEST_NAME} printable characters")
        token_id, secret = self._random(_ID_BYTES).hex(), new_token(self._random)
        with write(self._engine) as connection:
            connection.execute(
                insert(API_TOKEN).values(
                    token_id=token_id,
                    tenant=tenant,
                    name=name,
                    secret_sha256=sha256_of(secret),
                    scopes=" ".join(sorted(scopes)),
                    stores=" ".join(sorted(stores)),
                    created_ms=self._now_ms(),
                )
            )
            self._audit.note(connection, actor, Action.TOKEN_CREATED, f"token:{token_id}")
        return IssuedToken(token_id, f"lk_{token_id}_{secret}")

    def check(self, text: str) -> Caller | None:
        """Who shows this token; None when it is malformed, unknown, wrong or revoked.

        Which of these it was is nobody's business outside.
        """
        parts = _TOKEN.fullmatch(text)
        if parts is None:
            return None
        query = select(API_TOKEN).where(
            API_TOKEN.c.token_id == parts["id"], API_TOKEN.c.revoked_ms.is_(None)
        )
        with read(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None or not hmac.compare_digest(row.secret_sha256, sha256_of(parts["secret"])):
            return None
        self._note_use(row)
        stores = frozenset(map(StoreId, row.stores.split())) or None
        return Caller(row.token_id, TenantId(row.tenant), _scopes(row.scopes), stores)

    def revoke(self, token_id: str, actor: Actor) -> None:
        """End a token at once. Idempotent.

        Raises:
            NotFound: there never was such a token.
        """
        with write(self._engine) as connection:
            query = select(API_TOKEN.c.revoked_ms).where(API_TOKEN.c.token_id == token_id)
            row = connection.execute(query).one_or_none()
            if row is None:
                raise NotFound(f"there is no token with the id {token_id[:20]!r}; list them first")
            if row.revoked_ms is None:
                ended = update(API_TOKEN).where(API_TOKEN.c.token_id == token_id)
                connection.execute(ended.values(revoked_ms=self._now_ms()))
                self._audit.note(connection, actor, Action.TOKEN_REVOKED, f"token:{token_id}")

    def list(self) -> list[TokenFacts]:
        """All tokens, revoked ones too, the oldest first."""
        query = select(API_TOKEN).order_by(API_TOKEN.c.created_ms, API_TOKEN.c.token_id)
        with read(self._engine) as connection:
            return [_facts(row) for row in connection.execute(query)]

    def _note_use(self, row: Row[Any]) -> None:
        now_ms = self._now_ms()
        if row.last_used_ms is not None and now_ms - row.last_used_ms < _USED_EVERY_MS:
            return
        with write(self._engine) as connection:
            used = update(API_TOKEN).where(API_TOKEN.c.token_id == row.token_id)
            connection.execute(used.values(last_used_ms=now_ms))

    def _now_ms(self) -> int:
        return to_ms(self._clock.now())


def _scopes(text: str) -> frozenset[Scope]:
    return frozenset(Scope(scope) for scope in text.split())


def _facts(row: Row[Any]) -> TokenFacts:
    return TokenFacts(
        token_id=row.token_id,
        tenant=TenantId(row.tenant),
        name=row.name,
        scopes=_scopes(row.scopes),
        created_at=from_ms(row.created_ms),
        last_used_at=None if row.last_used_ms is None else from_ms(row.last_used_ms),
        revoked_at=None if row.revoked_ms is None else from_ms(row.revoked_ms),
    )

"""Sessions of the console: kept on the server, ended by silence, by age, or on request.

The browser holds a random token; the table holds its hash. A copy of the database lets nobody in.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, insert, select, update

from cloud.access.random_token import RandomBytes, new_token, sha256_of
from cloud.access.tables import CONSOLE_SESSION
from cloud.storage import read, write
from cloud.storage.columns import to_ms
from models.runtime.clock import Clock

_SEEN_EVERY_MS = 60_000
"""A page view is written down at most this often; being a minute off harms nobody."""


@dataclass(frozen=True, slots=True)
class SessionLife:
    """When a session ends.

    Attributes:
        idle_s: without a visit. What a page asks for by itself is no visit.
        longest_s: after signing in, whatever happened since.
    """

    idle_s: int = 2 * 3600
    longest_s: int = 12 * 3600


class Sessions:
    """Opens, finds and ends sessions. Safe for several threads and processes."""

    def __init__(
        self, engine: Engine, *, clock: Clock, random: RandomBytes, life: SessionLife
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._random = random
        self._life = life

    def open(self, connection: Connection) -> str:
        """A new session inside the caller's transaction; expired ones are swept out.

        Returns:
            The token for the browser, which is kept nowhere else.
        """
        token, now_ms = new_token(self._random), self._now_ms()
        connection.execute(delete(CONSOLE_SESSION).where(CONSOLE_SESSION.c.expires_ms <= now_ms))
        connection.execute(
            insert(CONSOLE_SESSION).values(
                token_sha256=sha256_of(token),
                opened_ms=now_ms,
                seen_ms=now_ms,
                expires_ms=now_ms + self._life.longest_s * 1000,
            )
        )
        return token

    def is_open(self, token: str, *, visit: bool) -> bool:
        """Whether the token's session lives; a ``visit`` keeps it from ending by silence."""
        digest, now_ms = sha256_of(token), self._now_ms()
        query = select(CONSOLE_SESSION).where(CONSOLE_SESSION.c.token_sha256 == digest)
        with read(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None or now_ms >= min(row.expires_ms, row.seen_ms + self._life.idle_s * 1000):
            return False
        if visit and now_ms - row.seen_ms >= _SEEN_EVERY_MS:
            self._seen(digest, now_ms)
        return True

    def end(self, connection: Connection, token: str) -> bool:
        """End a session inside the caller's transaction; False when there is none."""
        gone = delete(CONSOLE_SESSION).where(CONSOLE_SESSION.c.token_sha256 == sha256_of(token))
        return connection.execute(gone).rowcount > 0

    def _seen(self, digest: bytes, now_ms: int) -> None:
        with write(self._engine) as connection:
            connection.execute(
                update(CONSOLE_SESSION)
                .where(CONSOLE_SESSION.c.token_sha256 == digest)
                .values(seen_ms=now_ms)
            )

    def _now_ms(self) -> int:
        return to_ms(self._clock.now())

"""The console's password: set once with a code from the terminal, or by the environment.

A fresh installation that lets whoever comes first choose the password belongs to whoever comes
first. So the first visitor must know a code that only the terminal of ``lianke-cloud serve`` shows.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, delete, insert, select, update

from cloud.access.audit import Action, Actor, AuditLog
from cloud.access.errors import SetUpAlready, SetUpCodeRefused
from cloud.access.random_token import RandomBytes
from cloud.access.tables import CONSOLE_SECRET, CONSOLE_SESSION
from cloud.access.typed_secret import TypedSecrets, check_password, new_set_up_code, plain_code
from cloud.storage import in_turn, read, write
from cloud.storage.columns import to_ms
from models.runtime.clock import Clock

_PASSWORD = "password"  # noqa: S105 - the name of a row, not a secret
_CODE = "set-up code"


class ConsolePassword:
    """Keeps the password's hash and, until there is one, the set-up code's. Safe for threads."""

    def __init__(
        self,
        engine: Engine,
        audit: AuditLog,
        secrets: TypedSecrets,
        *,
        clock: Clock,
        random: RandomBytes,
    ) -> None:
        self._engine = engine
        self._audit = audit
        self._secrets = secrets
        self._clock = clock
        self._random = random

    def is_set(self) -> bool:
        """Whether a password has been chosen."""
        return self._stored(_PASSWORD) is not None

    def issue_code(self) -> str:
        """A new set-up code, to be shown on the terminal only; an older one is void.

        Raises:
            SetUpAlready: there is a password, so nothing is left to set up.
        """
        code = new_set_up_code(self._random)
        hashed = self._secrets.hash(plain_code(code))
        with write(self._engine) as connection:
            self._refuse_second(connection)
            self._keep(connection, _CODE, hashed)
        return code

    def set_with_code(self, code: str, password: str) -> None:
        """Choose the first password; the code is used up.

        Raises:
            WeakPassword, SetUpCodeRefused: try again; the code is still good.
            SetUpAlready: somebody was faster.
        """
        expected = self._stored(_CODE)
        if expected is None or not self._secrets.matches(expected, plain_code(code)):
            if self.is_set():
                raise SetUpAlready("the console has a password already; sign in with it")
            raise SetUpCodeRefused("the set-up code is not the one that was printed last")
        self._set_first(password, Actor("console"))

    def adopt(self, password: str) -> bool:
        """Take the first password from the environment; False when there is one already.

        Raises:
            WeakPassword: it is too short or too long.
        """
        if self.is_set():
            return False
        self._set_first(password, Actor("environment"))
        return True

    def matches(self, password: str) -> bool:
        """Whether this is the password. Takes as long as Argon2 is meant to."""
        stored = self._stored(_PASSWORD)
        if stored is None or not self._secrets.matches(stored, password):
            return False
        if self._secrets.is_outdated(stored):
            self._strengthen(stored, password)
        return True

    def forget(self) -> str:
        """Remove a lost password and end every session.

        Returns:
            A set-up code with which the next password is chosen, to be shown on the terminal.
        """
        with write(self._engine) as connection:
            connection.execute(delete(CONSOLE_SECRET))
            connection.execute(delete(CONSOLE_SESSION))
            self._audit.note(connection, Actor("terminal"), Action.PASSWORD_FORGOTTEN, "console")
        return self.issue_code()

    def _set_first(self, password: str, actor: Actor) -> None:
        check_password(password)
        hashed = self._secrets.hash(password)
        with write(self._engine) as connection:
            self._refuse_second(connection)
            connection.execute(delete(CONSOLE_SECRET))
            self._keep(connection, _PASSWORD, hashed)
            self._audit.note(connection, actor, Action.PASSWORD_SET, "console")

    def _strengthen(self, stored: str, password: str) -> None:
        hashed = self._secrets.hash(password)
        with write(self._engine) as connection:
            connection.execute(
                update(CONSOLE_SECRET)
                .where(CONSOLE_SECRET.c.name == _PASSWORD, CONSOLE_SECRET.c.argon2 == stored)
                .values(argon2=hashed)
            )

    def _stored(self, name: str) -> str | None:
        with read(self._engine) as connection:
            query = select(CONSOLE_SECRET.c.argon2).where(CONSOLE_SECRET.c.name == name)
            found: str | None = connection.execute(query).scalar_one_or_none()
            return found

    def _refuse_second(self, connection: Connection) -> None:
        in_turn(connection, "console password")
        query = select(CONSOLE_SECRET.c.name).where(CONSOLE_SECRET.c.name == _PASSWORD)
        if connection.execute(query).one_or_none() is not None:
            raise SetUpAlready("the console has a password already; sign in with it")

    def _keep(self, connection: Connection, name: str, hashed: str) -> None:
        connection.execute(delete(CONSOLE_SECRET).where(CONSOLE_SECRET.c.name == name))
        set_ms = to_ms(self._clock.now())
        connection.execute(insert(CONSOLE_SECRET).values(name=name, argon2=hashed, set_ms=set_ms))

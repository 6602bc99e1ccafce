"""The console's door: set it up, come in, stay for a while, leave. Guessing is slowed down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Engine

from cloud.access.audit import Action, Actor, AuditLog
from cloud.access.errors import PasswordRefused, SetUpCodeRefused
from cloud.access.password import ConsolePassword
from cloud.access.sessions import Sessions
from cloud.access.throttle import Throttle
from cloud.access.typed_secret import check_password
from cloud.storage import write
from models.runtime.logs import get_logger

PASSWORD_VARIABLE: Final = "LIANKE_CONSOLE_PASSWORD"  # noqa: S105 - its name, not its value

_LOG = get_logger(__name__)
_CONSOLE: Final = Actor("console")


class Door:
    """Everything a page needs to let somebody in. Safe for several threads."""

    def __init__(
        self,
        engine: Engine,
        password: ConsolePassword,
        sessions: Sessions,
        throttle: Throttle,
        audit: AuditLog,
    ) -> None:
        self._engine = engine
        self._password = password
        self._sessions = sessions
        self._throttle = throttle
        self._audit = audit

    def prepare(self, environment: Mapping[str, str]) -> str | None:
        """Make the console ready at start.

        Returns:
            The set-up code to show on the terminal; None when there is a password, be it the one
            in ``LIANKE_CONSOLE_PASSWORD``, which counts only while none is set.

        Raises:
            WeakPassword: the environment's password is too short or too long.
        """
        if given := environment.get(PASSWORD_VARIABLE):
            self._password.adopt(given)
        return None if self._password.is_set() else self._password.issue_code()

    @property
    def is_set_up(self) -> bool:
        """Whether there is a password to sign in with."""
        return self._password.is_set()

    def set_up(self, code: str, password: str, address: str) -> str:
        """Choose the first password and come in with it; returns the session's token.

        Raises:
            TooManyAttempts, WeakPassword, SetUpCodeRefused, SetUpAlready: as they say.
        """
        check_password(password)  # before it costs an attempt: nothing was guessed
        self._throttle.admit(address)
        try:
            self._password.set_with_code(code, password)
        except SetUpCodeRefused:
            _LOG.warning("set_up_code_refused")
            raise
        return self._let_in(address)

    def sign_in(self, password: str, address: str) -> str:
        """Come in; returns the session's token.

        Raises:
            TooManyAttempts: wait; the password was not even looked at.
            PasswordRefused: it is not the console's.
        """
        self._throttle.admit(address)
        if not self._password.matches(password):
            _LOG.warning("password_refused")
            raise PasswordRefused("the password is not right")
        return self._let_in(address)

    def is_open_to(self, token: str, *, visit: bool = True) -> bool:
        """Whether the token's holder is in. What a page asks for by itself is no ``visit``."""
        return bool(token) and self._sessions.is_open(token, visit=visit)

    def leave(self, token: str) -> None:
        """End a session. Idempotent."""
        with write(self._engine) as connection:
            if self._sessions.end(connection, token):
                self._audit.note(connection, _CONSOLE, Action.SIGNED_OUT, "console")

    def _let_in(self, address: str) -> str:
        self._throttle.succeeded(address)
        with write(self._engine) as connection:
            self._audit.note(connection, _CONSOLE, Action.SIGNED_IN, "console")
            return self._sessions.open(connection)

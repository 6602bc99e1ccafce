"""Why somebody was not let in, and what to do next.

Forbidden        PasswordRefused, SetUpCodeRefused
InvalidInput     WeakPassword
Conflict         SetUpAlready
TransientError   TooManyAttempts: wait, then try again
"""

from __future__ import annotations

from cloud.errors import Conflict, Forbidden, InvalidInput, TransientError


class PasswordRefused(Forbidden):
    """The password is not the console's."""


class SetUpCodeRefused(Forbidden):
    """The set-up code is not the one that was printed last."""


class WeakPassword(InvalidInput):
    """The new password is too short or too long."""


class SetUpAlready(Conflict):
    """The console has a password already; sign in with it."""


class TooManyAttempts(TransientError):
    """Attempts come too fast.

    Attributes:
        retry_after_s: how long to wait, whole seconds, at least 1.
    """

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"too many attempts; try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s

"""People and programs: who may come in, and a record of what they did that cannot be edited.

``door`` lets people into the console (one password in this stage), ``tokens`` lets programs into
the API, ``audit`` remembers what was done by whom. Devices have logins of their own, in
``cloud.devices``.
"""

from cloud.access.audit import Action, Actor, AuditEntry, AuditLog, AuditVerdict
from cloud.access.door import Door
from cloud.access.errors import (
    PasswordRefused,
    SetUpAlready,
    SetUpCodeRefused,
    TooManyAttempts,
    WeakPassword,
)
from cloud.access.password import ConsolePassword
from cloud.access.sessions import SessionLife, Sessions
from cloud.access.tokens import ApiTokens, Caller, IssuedToken, Scope, TokenFacts

__all__ = [
    "Action",
    "Actor",
    "ApiTokens",
    "AuditEntry",
    "AuditLog",
    "AuditVerdict",
    "Caller",
    "ConsolePassword",
    "Door",
    "IssuedToken",
    "PasswordRefused",
    "Scope",
    "SessionLife",
    "Sessions",
    "SetUpAlready",
    "SetUpCodeRefused",
    "TokenFacts",
    "TooManyAttempts",
    "WeakPassword",
]

"""Who calls: a program with a bearer token, or a device with its own login."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends
from fastapi.security import (
    HTTPAuthorizationCredentials,
    HTTPBasic,
    HTTPBasicCredentials,
    HTTPBearer,
)

from cloud.access import Caller, Scope
from cloud.api.parts import Parts
from cloud.api.problems import Unauthenticated
from cloud.errors import Forbidden
from models.wire.ids import DevicePath

_BEARER: Final = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="An API token, `lk_<id>_<secret>`, made with `lianke-cloud token create`.",
)
_BASIC: Final = HTTPBasic(
    auto_error=False,
    scheme_name="device",
    description="A device's own login: its name and the secret from its enrolment.",
)


def _caller(
    parts: Parts, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> Caller:
    if credentials is None:
        raise Unauthenticated('Bearer realm="lianke"', "send an API token as a bearer token")
    caller = parts.tokens.check(credentials.credentials)
    if caller is None:
        challenge = 'Bearer realm="lianke", error="invalid_token"'
        raise Unauthenticated(challenge, "the token is unknown or revoked")
    return caller


def _store_reader(caller: Annotated[Caller, Depends(_caller)]) -> Caller:
    return _with_scope(caller, Scope.READ)


def _store_keeper(caller: Annotated[Caller, Depends(_caller)]) -> Caller:
    return _with_scope(caller, Scope.DEVICES)


def _reader(caller: Annotated[Caller, Depends(_store_reader)]) -> Caller:
    return _of_the_whole_tenant(caller)


def _keeper(caller: Annotated[Caller, Depends(_store_keeper)]) -> Caller:
    return _of_the_whole_tenant(caller)


def _of_the_whole_tenant(caller: Caller) -> Caller:
    """What does not ask for stores of its own refuses a bound token: forgetting it harms nobody."""
    if caller.stores is not None:
        raise Forbidden("this token is bound to stores, and this is of the whole tenant")
    return caller


def _with_scope(caller: Caller, scope: Scope) -> Caller:
    if scope not in caller.scopes:
        raise Forbidden(f"this token lacks the scope {scope.value}; ask for one that has it")
    return caller


def _device(
    parts: Parts, credentials: Annotated[HTTPBasicCredentials | None, Depends(_BASIC)]
) -> DevicePath:
    challenge = 'Basic realm="lianke", charset="UTF-8"'
    if credentials is None:
        raise Unauthenticated(challenge, "send the device's name and secret")
    path = parts.registry.admit(credentials.username, credentials.password)
    if path is None:
        raise Unauthenticated(challenge, "this device is not enrolled, or its secret was replaced")
    return path


StoreReader = Annotated[Caller, Depends(_store_reader)]
"""A program that may read, perhaps of some stores only: the route must look at ``stores``."""

StoreKeeper = Annotated[Caller, Depends(_store_keeper)]
"""As ``StoreReader``, of one that may set up devices and acknowledge."""

Reader = Annotated[Caller, Depends(_reader)]
"""A program that may read all of its tenant's."""

Keeper = Annotated[Caller, Depends(_keeper)]
"""A program that may set up stores and devices."""

OfDevice = Annotated[DevicePath, Depends(_device)]
"""A device, as itself."""

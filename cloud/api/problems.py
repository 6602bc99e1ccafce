"""Every error as a problem document (RFC 9457), rendered in one place.

``type`` is a stable key that programs branch on, ``detail`` is for people, ``instance`` names this
one occurrence and is logged with it when it is ours to mend. What the caller sent is not repeated
where it may be personal: not the address, not a value that failed its check.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from cloud.errors import CloudError, Conflict, Forbidden, InvalidInput, NotFound, TransientError
from models.runtime.logs import get_logger

MEDIA_TYPE: Final = "application/problem+json"

_LOG = get_logger(__name__)
_RETRY_S: Final = 5
_DIGITS = re.compile(r"\d{5,}")


class ProblemType(StrEnum):
    """What can go wrong, by its stable key."""

    UNAUTHENTICATED = "urn:lianke:problem:unauthenticated"
    FORBIDDEN = "urn:lianke:problem:forbidden"
    NOT_FOUND = "urn:lianke:problem:not-found"
    UNKNOWN_ROUTE = "urn:lianke:problem:unknown-route"
    METHOD_NOT_ALLOWED = "urn:lianke:problem:method-not-allowed"
    CONFLICT = "urn:lianke:problem:conflict"
    TOO_LARGE = "urn:lianke:problem:too-large"
    INVALID = "urn:lianke:problem:invalid"
    UNREADABLE = "urn:lianke:problem:unreadable"
    UNAVAILABLE = "urn:lianke:problem:unavailable"
    FAULTY = "urn:lianke:problem:faulty"


class FieldError(BaseModel):
    """One part of the request that cannot be used; never its value."""

    pointer: str = Field(
        description="where it stands, such as /body/phone", examples=["/body/phone"]
    )
    code: str = Field(description="what is wrong with it, a stable word", examples=["missing"])


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: ProblemType = Field(description="a stable key; branch on it")
    title: str = Field(description="the same words for every problem of this type")
    status: int = Field(description="the HTTP status")
    detail: str = Field(description="what happened here and what to do next, for people")
    instance: str = Field(description="names this one occurrence; the server's log has it too")
    errors: list[FieldError] | None = Field(
        default=None, description="for an invalid request, what is wrong where"
    )


@dataclass(frozen=True, slots=True)
class Trouble:
    """A problem before it is written down."""

    type: ProblemType
    status: HTTPStatus
    detail: str
    errors: Sequence[FieldError] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


class Unauthenticated(CloudError):
    """No good token or login came with the request.

    Attributes:
        challenge: the ``WWW-Authenticate`` header that says which kind is wanted.
    """

    def __init__(self, challenge: str, detail: str) -> None:
        super().__init__(detail)
        self.challenge = challenge


TITLES: Final = {
    ProblemType.UNAUTHENTICATED: "Say who you are",
    ProblemType.FORBIDDEN: "You may not do this",
    ProblemType.NOT_FOUND: "There is no such thing",
    ProblemType.UNKNOWN_ROUTE: "There is no such address",
    ProblemType.METHOD_NOT_ALLOWED: "This address does not take that method",
    ProblemType.CONFLICT: "It exists already, with other content",
    ProblemType.TOO_LARGE: "The request is too large",
    ProblemType.INVALID: "The request cannot be used as it stands",
    ProblemType.UNREADABLE: "The request cannot be read",
    ProblemType.UNAVAILABLE: "Not available now; try again",
    ProblemType.FAULTY: "The service needs its operator",
}

_FAMILIES: Final = (
    (Forbidden, ProblemType.FORBIDDEN, 403),
    (NotFound, ProblemType.NOT_FOUND, 404),
    (Conflict, ProblemType.CONFLICT, 409),
    (InvalidInput, ProblemType.INVALID, 422),
)


def install(app: FastAPI) -> None:
    """Render every error of the application as a problem document."""
    app.add_exception_handler(CloudError, _render)
    app.add_exception_handler(HTTPException, _render)
    app.add_exception_handler(RequestValidationError, _render)
    app.add_exception_handler(Exception, _render)


async def _render(request: Request, error: Exception) -> JSONResponse:
    trouble = trouble_of(error)
    instance = f"urn:uuid:{uuid.UUID(bytes=request.app.state.parts.random(16), version=4)}"
    _log(trouble, instance, error)
    problem = Problem(
        type=trouble.type,
        title=TITLES[trouble.type],
        status=trouble.status,
        detail=trouble.detail,
        instance=instance,
        errors=list(trouble.errors) or None,
    )
    return JSONResponse(
        problem.model_dump(mode="json", exclude_none=True),
        status_code=trouble.status,
        headers=dict(trouble.headers),
        media_type=MEDIA_TYPE,
    )


def trouble_of(error: Exception) -> Trouble:
    """What a caller is told of an error. Pure."""
    if isinstance(error, CloudError):
        return _of_ours(error)
    if isinstance(error, RequestValidationError):
        errors = [_field_error(each) for each in error.errors()]
        return Trouble(
            ProblemType.INVALID,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "correct the parts listed in errors; values are not repeated here",
            errors,
        )
    if isinstance(error, HTTPException):
        return _of_http(error)
    return Trouble(
        ProblemType.FAULTY,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "an error of ours; tell the operator the instance, it is in the log",
    )


def _of_ours(error: CloudError) -> Trouble:
    if isinstance(error, Unauthenticated):
        headers = {"WWW-Authenticate": error.challenge}
        return _trouble(ProblemType.UNAUTHENTICATED, 401, str(error), headers)
    for family, kind, status in _FAMILIES:
        if isinstance(error, family):
            return _trouble(kind, status, str(error))
    if isinstance(error, TransientError):
        detail = f"nothing was done; try again in {_RETRY_S} s"
        return _trouble(ProblemType.UNAVAILABLE, 503, detail, {"Retry-After": str(_RETRY_S)})
    detail = "the service cannot go on; tell the operator the instance, it is in the log"
    return _trouble(ProblemType.FAULTY, 500, detail)


def _of_http(error: HTTPException) -> Trouble:
    headers = dict(error.headers or {})
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return _trouble(ProblemType.UNKNOWN_ROUTE, 404, "see /v1/openapi.json for all of them")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return _trouble(ProblemType.METHOD_NOT_ALLOWED, 405, "see the Allow header", headers)
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return _trouble(ProblemType.TOO_LARGE, 413, "send less in one request")
        case HTTPStatus.UNAUTHORIZED:
            return _trouble(ProblemType.UNAUTHENTICATED, 401, "the login cannot be read", headers)
        case status:
            return _trouble(ProblemType.UNREADABLE, status, HTTPStatus(status).phrase, headers)


def _trouble(
    kind: ProblemType, status: int, detail: str, headers: Mapping[str, str] | None = None
) -> Trouble:
    return Trouble(kind, HTTPStatus(status), detail, headers=headers or {})


def _field_error(error: Mapping[str, Any]) -> FieldError:
    """Place and kind only. A name that the caller invented may hold digits of a phone as well."""
    pointer = "".join(f"/{_DIGITS.sub('…', str(step))[:40]}" for step in error["loc"])
    return FieldError(pointer=pointer, code=error["type"])


def _log(trouble: Trouble, instance: str, error: Exception) -> None:
    if trouble.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return
    _LOG.error(
        "request_failed",
        instance=instance,
        status=int(trouble.status),
        error=type(error).__name__,
        reason=str(error) if isinstance(error, CloudError) else "",
    )

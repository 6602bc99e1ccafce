"""What the door says: an answer, or a problem document (RFC 9457).

``type`` is a stable key that programs branch on, ``detail`` says what to do next. Nothing of a body
is repeated in either: a phone number may stand where an amount should.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

import msgspec

_PLAIN: Final = "application/json"
_PROBLEM: Final = "application/problem+json"


class Trouble(StrEnum):
    """What can go wrong, by its stable key."""

    UNREADABLE = "unreadable"
    UNAUTHENTICATED = "unauthenticated"
    UNKNOWN_ROUTE = "unknown-route"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    TOO_SLOW = "too-slow"
    TOO_LARGE = "too-large"
    UNSUPPORTED = "unsupported"
    INVALID = "invalid"
    KEY_REUSED = "idempotency-key-reused"
    UNAVAILABLE = "unavailable"
    NO_ROOM = "no-room"


_STATUSES: Final[Mapping[Trouble, HTTPStatus]] = MappingProxyType(
    {
        Trouble.UNREADABLE: HTTPStatus.BAD_REQUEST,
        Trouble.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
        Trouble.UNKNOWN_ROUTE: HTTPStatus.NOT_FOUND,
        Trouble.METHOD_NOT_ALLOWED: HTTPStatus.METHOD_NOT_ALLOWED,
        Trouble.TOO_SLOW: HTTPStatus.REQUEST_TIMEOUT,
        Trouble.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        Trouble.UNSUPPORTED: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        Trouble.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
        Trouble.KEY_REUSED: HTTPStatus.UNPROCESSABLE_ENTITY,
        Trouble.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
        Trouble.NO_ROOM: HTTPStatus.SERVICE_UNAVAILABLE,
    }
)
_TITLES: Final[Mapping[Trouble, str]] = MappingProxyType(
    {
        Trouble.UNREADABLE: "The body cannot be read",
        Trouble.UNAUTHENTICATED: "Who asks is not known",
        Trouble.UNKNOWN_ROUTE: "There is nothing at this address",
        Trouble.METHOD_NOT_ALLOWED: "This address is asked otherwise",
        Trouble.TOO_SLOW: "The request did not come in time",
        Trouble.TOO_LARGE: "The body is too large",
        Trouble.UNSUPPORTED: "The body is of a kind that is not read here",
        Trouble.INVALID: "The body cannot be taken as a transaction",
        Trouble.KEY_REUSED: "The Idempotency-Key was used for another body",
        Trouble.UNAVAILABLE: "Not now",
        Trouble.NO_ROOM: "There is no room for it",
    }
)


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """One transaction that is durable.

    Attributes:
        natural_key: names the transaction for ever.
        sale_id: the same through all its revisions.
        event_id: names this revision.
        flags: what is odd about it, such as ``lines_disagree``.
    """

    natural_key: str
    sale_id: str
    event_id: str
    flags: list[str] = []


class Declined(msgspec.Struct, frozen=True, kw_only=True):
    """One transaction that cannot be captured.

    Attributes:
        number: its place in the body, from 1.
        reason: what is wrong, without quoting it.
        set_aside: whether it lies in the agent's quarantine.
    """

    number: int
    reason: str
    set_aside: bool


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a post.

    Attributes:
        transactions: what is durable now, in the body's order.
        refused: what could not be read, where others of the same body could.
    """

    transactions: list[Taken]
    refused: list[Declined] = []


@dataclass(frozen=True, slots=True)
class Answer:
    """What is written back.

    Attributes:
        headers: besides ``Content-Type`` and ``Content-Length``.
    """

    status: int
    body: bytes
    media_type: str = _PLAIN
    headers: Mapping[str, str] = field(default_factory=dict)


class Problem(Exception):
    """A request that comes to nothing; carries its answer.

    Args:
        trouble: the stable key.
        detail: what happened and what to do next; for people, quotes nothing of the body.
        headers: for the answer, such as ``Retry-After``.
        more: further members of the document, such as ``refused``.
    """

    def __init__(
        self,
        trouble: Trouble,
        detail: str,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.trouble = trouble
        self.headers = dict(headers or {})
        self.more = dict(more or {})

    def answer(self) -> Answer:
        """The problem document."""
        status = _STATUSES[self.trouble]
        document = {
            "type": f"urn:lianke:problem:{self.trouble}",
            "title": _TITLES[self.trouble],
            "status": int(status),
            "detail": str(self),
            **self.more,
        }
        return Answer(int(status), msgspec.json.encode(document), _PROBLEM, self.headers)


def retry_later(trouble: Trouble, detail: str, after_s: int) -> Problem:
    """A problem that passes; the till keeps what it has and asks again."""
    return Problem(trouble, detail, {"Retry-After": str(after_s)})

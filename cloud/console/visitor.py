"""Who looks at a page: their language, their session, and the token that their forms must carry.

One cookie does it all. On the first visit it holds a random token that means nothing yet; signing
in replaces it by a session's. A form's token is derived from the cookie, which no other site can
read or set, so a form with the right one was written by us for this browser.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Final

from fastapi import Depends, Form, Request
from starlette.responses import Response

from cloud.access.random_token import LONGEST_TOKEN, new_token
from cloud.console.parts import Parts
from cloud.console.places import MOUNTED_AT
from cloud.errors import CloudError, Forbidden
from models.shown.words import Language, preferred

SESSION_COOKIE: Final = "lianke_session"
LANGUAGE_COOKIE: Final = "lianke_language"
STORE_COOKIE: Final = "lianke_store"
BY_ITSELF: Final = "x-lianke-live"
"""Header of requests that a page makes by itself: no visit, so they keep no session alive."""

_LONGEST_FORM_TOKEN: Final = 100
_SHORTEST_TOKEN: Final = 40
_YEAR_S: Final = 365 * 86_400


class NotSignedIn(CloudError):
    """The page is for people who are in.

    Attributes:
        by_itself: a page's script asked, so a redirect would help nobody.
    """

    def __init__(self, *, by_itself: bool) -> None:
        super().__init__("sign in first")
        self.by_itself = by_itself


class ForeignForm(Forbidden):
    """A form came without the token that we wrote into it."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """One request's person.

    Attributes:
        token: what their cookie holds, or shall hold when ``is_new``.
        address: where they come from, for the throttle only.
        secure: they came by HTTPS, so cookies must not go by HTTP.
        path, query: where they are.
    """

    language: Language
    token: str = field(repr=False)
    is_new: bool
    is_in: bool
    address: str = field(repr=False)
    secure: bool
    path: str
    query: str

    @property
    def place(self) -> str:
        """Where a form leads back to."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def form_token(self) -> str:
        """What a form of theirs must carry."""
        return hmac.new(self.token.encode(), b"lianke form", sha256).hexdigest()


def remember(response: Response, visitor: Visitor, token: str | None = None) -> None:
    """Set the session cookie: to a given token, else to the visitor's own when it is new.

    It ends with the browser; the session behind it has its own, earlier end.
    """
    if token is not None or visitor.is_new:
        _set(response, SESSION_COOKIE, token or visitor.token, secure=visitor.secure)


def remember_language(response: Response, visitor: Visitor, language: Language) -> None:
    """Keep a chosen language for a year."""
    _set(response, LANGUAGE_COOKIE, language, secure=visitor.secure, max_age_s=_YEAR_S)


def remember_store(response: Response, visitor: Visitor, name: str) -> None:
    """Keep a chosen store for a year."""
    _set(response, STORE_COOKIE, name, secure=visitor.secure, max_age_s=_YEAR_S)


def forget(response: Response, visitor: Visitor) -> None:
    """Remove the session cookie."""
    response.delete_cookie(SESSION_COOKIE, MOUNTED_AT, secure=visitor.secure, httponly=True)


def _set(
    response: Response, name: str, value: str, *, secure: bool, max_age_s: int | None = None
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age_s,
        path=MOUNTED_AT,
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def anonymous(request: Request) -> Visitor:
    """The person of a request that failed: only their language is known for sure."""
    return Visitor(
        language=_language(request),
        token="",
        is_new=False,
        is_in=False,
        address="",
        secure=request.url.scheme == "https",
        path=request.url.path,
        query=request.url.query,
    )


def _visitor(request: Request, parts: Parts) -> Visitor:
    token = request.cookies.get(SESSION_COOKIE, "")
    is_new = not _SHORTEST_TOKEN <= len(token) <= LONGEST_TOKEN
    visit = BY_ITSELF not in request.headers
    return Visitor(
        language=_language(request),
        token=new_token(parts.random) if is_new else token,
        is_new=is_new,
        is_in=not is_new and parts.door.is_open_to(token, visit=visit),
        address=request.client.host if request.client else "",
        secure=request.url.scheme == "https",
        path=request.url.path,
        query=request.url.query,
    )


def _language(request: Request) -> Language:
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in list(Language):
        return Language(chosen)
    return preferred(request.headers.get("accept-language", ""))


Anybody = Annotated[Visitor, Depends(_visitor)]
"""Whoever asks."""


def _inside(request: Request, visitor: Anybody) -> Visitor:
    if not visitor.is_in:
        raise NotSignedIn(by_itself=BY_ITSELF in request.headers)
    return visitor


Inside = Annotated[Visitor, Depends(_inside)]
"""Somebody who is in; others are sent to the door."""


def check_form(
    visitor: Anybody, form_token: Annotated[str, Form(max_length=_LONGEST_FORM_TOKEN)] = ""
) -> None:
    """A dependency of every form's route; raises ForeignForm."""
    if not hmac.compare_digest(visitor.form_token.encode(), form_token.encode()):
        raise ForeignForm("this form is out of date; open the page again and repeat")

"""Coming in and going out: the first password, signing in, signing out, the language."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form
from starlette.responses import RedirectResponse, Response

from cloud.access import (
    PasswordRefused,
    SetUpAlready,
    SetUpCodeRefused,
    TooManyAttempts,
    WeakPassword,
)
from cloud.console.parts import Parts
from cloud.console.places import SET_UP, SIGN_IN, TODAY, is_ours
from cloud.console.visitor import Anybody, check_form, forget, remember, remember_language
from models.shown.words import Language

router = APIRouter()
forms = APIRouter(dependencies=[Depends(check_form)])

_LONGEST: Final = 1000
_SEE_OTHER: Final = 303

Typed = Annotated[str, Form(max_length=_LONGEST)]


@router.get("/set-up")
def set_up_page(parts: Parts, visitor: Anybody) -> Response:
    """The first visitor chooses the password."""
    if parts.door.is_set_up:
        return RedirectResponse(SIGN_IN, _SEE_OTHER)
    response = parts.painter.paint(visitor, "set_up.html", problem=None)
    remember(response, visitor)
    return response


@forms.post("/set-up")
def set_up(
    parts: Parts, visitor: Anybody, code: Typed = "", password: Typed = "", again: Typed = ""
) -> Response:
    """Take the code and the new password, and let them in."""
    words = parts.painter.words(visitor.language)
    if password != again:
        problem, status = words("set_up.differ"), 422
    else:
        try:
            token = parts.door.set_up(code, password, visitor.address)
        except SetUpAlready:
            return RedirectResponse(SIGN_IN, _SEE_OTHER)
        except WeakPassword:
            problem, status = words("set_up.weak"), 422
        except SetUpCodeRefused:
            problem, status = words("set_up.wrong_code"), 403
        except TooManyAttempts as error:
            problem, status = words("sign_in.wait", seconds=error.retry_after_s), 429
        else:
            response: Response = RedirectResponse(TODAY, _SEE_OTHER)
            remember(response, visitor, token)
            return response
    return parts.painter.paint(visitor, "set_up.html", status, problem=problem)


@router.get("/sign-in")
def sign_in_page(parts: Parts, visitor: Anybody) -> Response:
    """Ask for the password."""
    if not parts.door.is_set_up:
        return RedirectResponse(SET_UP, _SEE_OTHER)
    if visitor.is_in:
        return RedirectResponse(TODAY, _SEE_OTHER)
    response = parts.painter.paint(visitor, "sign_in.html", problem=None)
    remember(response, visitor)
    return response


@forms.post("/sign-in")
def sign_in(parts: Parts, visitor: Anybody, password: Typed = "") -> Response:
    """Let them in, or say why not."""
    words = parts.painter.words(visitor.language)
    try:
        token = parts.door.sign_in(password, visitor.address)
    except PasswordRefused:
        problem, status = words("sign_in.wrong"), 403
    except TooManyAttempts as error:
        problem, status = words("sign_in.wait", seconds=error.retry_after_s), 429
    else:
        response: Response = RedirectResponse(TODAY, _SEE_OTHER)
        remember(response, visitor, token)
        return response
    return parts.painter.paint(visitor, "sign_in.html", status, problem=problem)


@forms.post("/sign-out")
def sign_out(parts: Parts, visitor: Anybody) -> Response:
    """End the session here and in the browser."""
    parts.door.leave(visitor.token)
    response = RedirectResponse(SIGN_IN, _SEE_OTHER)
    forget(response, visitor)
    return response


@forms.post("/language")
def choose_language(
    visitor: Anybody, language: Annotated[Language, Form()], back: Typed = ""
) -> Response:
    """Keep the language and go back to the page."""
    response = RedirectResponse(back if is_ours(back) else TODAY, _SEE_OTHER)
    remember_language(response, visitor, language)
    return response

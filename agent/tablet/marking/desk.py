"""What every clicker is asked, whatever is watched."""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from agent.errors import AgentError, InvalidInput
from agent.tablet.marking.book import Book
from models.runtime.logs import get_logger
from models.shown.words import Words

_LOG = get_logger(__name__)

MOST_MARK_BYTES: Final = 512
_REFUSED: Final = 422
_UNAVAILABLE: Final = 503


async def jot(book: Book, request: Request) -> Response:
    """A mark, as JSON; answers what stands then."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise HTTPException(415)
    said = await request.body()
    try:
        await run_in_threadpool(book.jot, said)
    except InvalidInput as error:
        _LOG.info("audit_mark_refused", reason=str(error))
        return Response(status_code=_REFUSED)
    except AgentError as error:
        return not_kept(error)
    return await standing(book)


async def undo(book: Book) -> Response:
    """Take the last mark back; answers what stands then."""
    try:
        await run_in_threadpool(book.undo)
    except AgentError as error:
        return not_kept(error)
    return await standing(book)


async def standing(book: Book) -> Response:
    """The person's own marks."""
    return Response(await run_in_threadpool(book.standing), media_type="application/json")


def not_kept(error: AgentError) -> Response:
    """The disk did not take it; the page says so, and nothing stands that is not there."""
    _LOG.warning("audit_mark_not_kept", error=str(error))
    return Response(status_code=_UNAVAILABLE)


def picture(jpeg: bytes, at_s: float, **headers: str) -> Response:
    """One picture from memory, for this one answer."""
    told = {"Cache-Control": "no-store", "At": str(at_s)} | headers
    return Response(jpeg, media_type="image/jpeg", headers=told)


def said_by(words: Words) -> dict[str, str]:
    """What the page's script says."""
    return {
        key.removeprefix("clicker."): words(key)
        for key in sorted(words.keys)
        if key.startswith("clicker.")
    }

"""Tells open pages that their facts have changed, by Server-Sent Events.

A stream says only *that* something changed; the page then fetches the part anew, which is rendered,
escaped and permitted like any page. A stream ends by itself when the session or the server does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from cloud.console.parts import ConsoleParts, Parts
from cloud.console.pulse import FRESH_S, LivePage
from cloud.console.visitor import Inside
from cloud.errors import TransientError

router = APIRouter()

_RETRY: Final = b"retry: 2000\n\n"
_HERE: Final = b": here\n\n"
_GONE: Final = b"event: gone\ndata:\n\n"
_HERE_EVERY: Final = 40
"""Looks without a change before a sign of life: ten seconds, so that proxies keep the line."""


@router.get("/{page}/stream")
async def stream(page: LivePage, parts: Parts, visitor: Inside) -> StreamingResponse:
    """One open page's stream."""
    return StreamingResponse(
        _changes(parts, page, visitor.token),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _changes(parts: ConsoleParts, page: LivePage, token: str) -> AsyncIterator[bytes]:
    yield _RETRY
    known, quiet = "", 0
    while not parts.closing.is_set():
        try:
            stamp = await run_in_threadpool(parts.pulse.stamp, page)
            if quiet == _HERE_EVERY and not await _still_in(parts, token):
                yield _GONE
                return
        except TransientError:
            return  # the browser comes back by itself, and polls until then
        if stamp != known:
            yield b"event: changed\ndata: %b\n\n" % stamp.encode()
        elif quiet == _HERE_EVERY:
            yield _HERE
        quiet = quiet + 1 if stamp == known and quiet < _HERE_EVERY else 0
        known = stamp
        await asyncio.sleep(FRESH_S)


async def _still_in(parts: ConsoleParts, token: str) -> bool:
    return await run_in_threadpool(lambda: parts.door.is_open_to(token, visit=False))

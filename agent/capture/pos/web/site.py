"""The door's addresses. Who asks is known before a body is read, and a body before it is parsed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from agent.capture.pos.web.answers import Answer, Problem, Trouble, retry_later
from agent.capture.pos.web.bearer import BearerTokens
from agent.capture.pos.web.book import digest_of_key
from agent.capture.pos.web.desk import Post, TransactionDesk
from agent.capture.pos.web.posted import schema
from agent.capture.pos.web.reading import BodyReader
from agent.capture.pos.web.signatures import Signature
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_LONGEST_KEY: Final = 255
_CLOSE: Final = {"Connection": "close", "Cache-Control": "no-store"}
_JSON: Final = "application/json"
_XML: Final = ("application/xml", "text/xml")
_OK: Final = 200
_NOT_FOUND: Final = 404
_METHOD: Final = 405


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook's address.

    Attributes:
        source: how it is called in quarantine and logs.
        signature: proves who sent a body, over its raw bytes.
        reader: reads what was proved.
        is_for_us: by the request's headers, whether it tells of what we capture; another is told
            that it is not wanted here.
    """

    source: str
    signature: Signature
    reader: BodyReader
    is_for_us: Callable[[Mapping[str, str]], bool]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one request may cost; see ``WebSettings``."""

    max_body_bytes: int
    body_s: float
    most_at_once: int


class Door:
    """Answers requests; every method is one kind of address."""

    def __init__(
        self,
        desk: TransactionDesk,
        tokens: BearerTokens,
        readers: Mapping[str, BodyReader],
        bounds: Bounds,
        worker: ThreadPoolExecutor,
    ) -> None:
        """``readers`` by media type; ``worker`` has one thread, in which the desk works."""
        self._desk = desk
        self._tokens = tokens
        self._readers = readers
        self._bounds = bounds
        self._worker = worker
        self._under_way = 0

    async def transactions(self, request: Request) -> Answer:
        """``POST /v1/transactions``."""
        if not self._tokens.let_in(request.headers.get("authorization", "")):
            raise Problem(
                Trouble.UNAUTHENTICATED,
                "send a token of the token file as Authorization: Bearer",
                {"WWW-Authenticate": "Bearer"},
            )
        media_type = _media_type(request)
        reader = self._readers.get(media_type)
        if reader is None:
            known = ", ".join(self._readers)
            raise Problem(Trouble.UNSUPPORTED, f"Content-Type must be one of {known}")
        key = _key(request)
        body = await self._body(request)
        source = "web-poslog" if media_type in _XML else "web-sale"
        return await self._take(Post(source, reader, body, key))

    async def hook(self, request: Request, hook: Hook) -> Answer:
        """``POST /v1/webhooks/…``: proved over the raw bytes before anything is made of them."""
        body = await self._body(request)
        if not hook.signature.proves(body, request.headers):
            raise Problem(Trouble.UNAUTHENTICATED, "the signature is not of this body")
        if not hook.is_for_us(request.headers):
            raise Problem(Trouble.UNKNOWN_ROUTE, "subscribe to the topics of orders only")
        return await self._take(Post(hook.source, hook.reader, body, acknowledge_aside=True))

    async def _take(self, post: Post) -> Answer:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, self._desk.take, post)

    async def _body(self, request: Request) -> bytes:
        _refuse_encodings(request)
        most = self._bounds.max_body_bytes
        stated = request.headers.get("content-length", "")
        if stated.isdecimal() and (len(stated) > 12 or int(stated) > most):  # noqa: PLR2004 - digits that no body of ours needs
            raise _too_large(most)
        try:
            async with asyncio.timeout(self._bounds.body_s):
                return await _received(request, most)
        except TimeoutError as error:
            raise Problem(
                Trouble.TOO_SLOW, f"the body did not come in {self._bounds.body_s:g} s"
            ) from error

    async def answered(
        self, request: Request, work: Callable[[Request], Awaitable[Answer]]
    ) -> Response:
        """Whatever comes of a request as a response; never more under way than may be."""
        if self._under_way >= self._bounds.most_at_once:
            busy = retry_later(Trouble.UNAVAILABLE, "too many at once; try again", 1)
            return _response(busy.answer())
        self._under_way += 1
        try:
            return _response(await work(request))
        except Problem as problem:
            _LOG.info("web_request_refused", path=request.url.path, trouble=problem.trouble.value)
            return _response(problem.answer())
        except ClientDisconnect:
            return Response(status_code=400, headers=_CLOSE)  # nobody reads it
        except Exception as error:  # noqa: BLE001 - the door's edge: one request never ends it, and its body is never quoted
            _LOG.error("web_request_failed", path=request.url.path, error=type(error).__name__)
            detail = "the agent failed on it; it was not stored. Keep it, and report it"
            return _response(retry_later(Trouble.UNAVAILABLE, detail, 30).answer())
        finally:
            self._under_way -= 1


def build_site(door: Door, hooks: Mapping[str, Hook]) -> Starlette:
    """Put the addresses together; ``hooks`` by the last part of their address."""
    routes = [
        _posted(door, "/v1/transactions", door.transactions),
        Route("/v1/transaction.schema.json", _schema, methods=["GET"]),
        Route("/healthz", _health, methods=["GET"]),
        *(
            _posted(door, f"/v1/webhooks/{name}", partial(door.hook, hook=hook))
            for name, hook in hooks.items()
        ),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _refused})


def media_types() -> tuple[str, tuple[str, ...]]:
    """The media types of our JSON and of POSLog."""
    return _JSON, _XML


def _posted(door: Door, path: str, work: Callable[[Request], Awaitable[Answer]]) -> Route:
    async def endpoint(request: Request) -> Response:
        return await door.answered(request, work)

    return Route(path, endpoint, methods=["POST"])


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().casefold()


def _key(request: Request) -> bytes | None:
    key = request.headers.get("idempotency-key", "").strip()
    if len(key) > _LONGEST_KEY:
        raise Problem(Trouble.INVALID, f"Idempotency-Key is longer than {_LONGEST_KEY} characters")
    return digest_of_key(request.url.path, key) if key else None


def _refuse_encodings(request: Request) -> None:
    """A body is read as it comes: what unpacks to a thousand times its size is never unpacked."""
    coding = request.headers.get("content-encoding", "identity").strip().casefold()
    if coding not in ("", "identity"):
        raise Problem(
            Trouble.UNSUPPORTED, "send the body uncompressed", {"Accept-Encoding": "identity"}
        )


async def _received(request: Request, most: int) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise _too_large(most)
    return bytes(body)


def _too_large(most: int) -> Problem:
    return Problem(Trouble.TOO_LARGE, f"a body may have {most} bytes")


def _response(answer: Answer) -> Response:
    headers = {**_CLOSE, **answer.headers}
    return Response(answer.body, answer.status, headers=headers, media_type=answer.media_type)


async def _schema(_request: Request) -> Response:
    return _response(Answer(_OK, msgspec.json.encode(schema()), "application/schema+json"))


async def _health(_request: Request) -> Response:
    return _response(Answer(_OK, b'{"status":"ok"}'))


async def _refused(_request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", _NOT_FOUND)
    headers = getattr(error, "headers", None)
    if status == _METHOD:
        return _response(Problem(Trouble.METHOD_NOT_ALLOWED, "see Allow", headers).answer())
    return _response(Problem(Trouble.UNKNOWN_ROUTE, "post to /v1/transactions").answer())

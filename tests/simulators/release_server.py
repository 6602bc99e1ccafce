"""A web server on loopback that offers one file, as well or as badly as a test wants.

It speaks real HTTP over a real socket, does what its ``offer`` says, and keeps there what it was
asked for.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@dataclass
class Offer:
    """What the server does.

    Attributes:
        content: the file.
        etag: its entity tag, or empty for none.
        ranges: whether range requests are honoured; otherwise the whole file is sent.
        wrong_ranges: answer a range request with another range.
        declared: whether the length is announced.
        status: answer this instead, when it is not 200.
        failures: so many answers of status 503 first.
        location: redirect there, when it is not empty.
        breaks: after how many bytes the next answers end, one entry each.
    """

    content: bytes = b""
    etag: str = '"one"'
    ranges: bool = True
    wrong_ranges: bool = False
    declared: bool = True
    status: int = 200
    failures: int = 0
    location: str = ""
    breaks: list[int] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)


class ReleaseServer:
    """A running server; leave the ``with`` block to end it."""

    def __init__(self, content: bytes) -> None:
        self.offer = Offer(content)
        offer = self.offer

        class Handler(_Handler):
            offered = offer

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """Where the file is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/file.onnx"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    offered: Offer

    def do_GET(self) -> None:
        """Answer one request."""
        offer = self.offered
        offer.asked.append({key.lower(): value for key, value in self.headers.items()})
        if offer.failures:
            offer.failures -= 1
            self._refuse(503)
        elif offer.location:
            self._refuse(302, location=offer.location)
        elif offer.status != 200:
            self._refuse(offer.status)
        else:
            self._send_file(offer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""

    def _send_file(self, offer: Offer) -> None:
        begin = self._begin(offer)
        if begin > len(offer.content):
            self._refuse(416)
            return
        body = offer.content[begin:]
        self.send_response(206 if begin else 200)
        if begin:
            first = begin + offer.wrong_ranges
            last = len(offer.content) - 1
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(offer.content)}")
        if offer.etag:
            self.send_header("ETag", offer.etag)
        if offer.declared:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: offer.breaks.pop(0)] if offer.breaks else body)

    def _begin(self, offer: Offer) -> int:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = self.headers.get("If-Range", offer.etag) == offer.etag
        return int(asked[1]) if asked and same and offer.ranges else 0

    def _refuse(self, status: int, location: str = "") -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

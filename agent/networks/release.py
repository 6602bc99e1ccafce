"""The upstream release file, by HTTPS: continued where it stopped, and never longer than it may be.

A download that breaks is continued with a range request, if the server still has the version that
we have the beginning of; if it has not, or ignores ranges, we begin anew. Redirects are followed by
hand, because none may lead off HTTPS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urljoin, urlsplit

import requests

from agent.networks.meter import Progress
from agent.networks.part import Part
from agent.networks.port import SourceFailed
from models.runtime.backoff import Backoff
from models.vision.manifest import Network

_PIECE_BYTES: Final = 1 << 16
_MOST_REDIRECTS: Final = 5
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_TEMPORARY: Final = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
_REASONS: Final[tuple[tuple[type[requests.RequestException], str], ...]] = (
    (requests.exceptions.SSLError, "its certificate is not trusted"),
    (requests.exceptions.ProxyError, "the proxy does not let us through"),
    (requests.exceptions.ConnectTimeout, "no connection in time"),
    (requests.exceptions.ReadTimeout, "it fell silent"),
    (requests.exceptions.ChunkedEncodingError, "the connection broke"),
    (requests.exceptions.ConnectionError, "it cannot be reached"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a download is tried, and with which clock.

    Attributes:
        random: from 0 up to 1, for the back-off.
        sleep: waits so many seconds.
        monotonic: seconds of a clock that never goes back.
        attempts: failures in a row, none of which brought us further, before we give up.
        connect_s: for one connection; short, because some sites reach package registries only
            and drop all else.
        silence_s: for one piece.
        total_s: for the whole file, so that a trickle ends too.
    """

    random: Callable[[], float]
    sleep: Callable[[float], None]
    monotonic: Callable[[], float]
    attempts: int = 3
    connect_s: float = 5.0
    silence_s: float = 20.0
    total_s: float = 1800.0


class _Interrupted(Exception):
    """This attempt ended early; another may get further."""


class ReleaseSource:
    """One file on a web server."""

    def __init__(
        self, url: str, patience: Patience, progress: Progress, *, plain_loopback: bool = False
    ) -> None:
        """A source that has asked nothing yet.

        Args:
            url: of the file, HTTPS.
            patience: how long to try.
            progress: told after every piece.
            plain_loopback: allow plain HTTP to this very machine; for tests.
        """
        self._url = url
        self._patience = patience
        self._progress = progress
        self._plain_loopback = plain_loopback

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"release {self._url}"

    def write(self, network: Network, part: Part) -> None:
        """Download what is missing.

        Raises:
            SourceFailed: the server refuses, offers another size, or the line does not hold.
        """
        backoff = Backoff(self._patience.random)
        give_up_at_s = self._patience.monotonic() + self._patience.total_s
        furthest_bytes = part.size_bytes
        with requests.Session() as session:
            while not part.complete:
                try:
                    self._attempt(session, network, part, give_up_at_s)
                except (_Interrupted, requests.RequestException) as error:
                    if part.size_bytes > furthest_bytes:
                        furthest_bytes = part.size_bytes
                        backoff.reset()
                    self._wait(backoff, error)

    def _wait(self, backoff: Backoff, error: Exception) -> None:
        wait_s = backoff.next_s()
        if backoff.failures >= self._patience.attempts or _is_final(error):
            raise SourceFailed(_reason(error)) from error
        self._patience.sleep(wait_s)

    def _attempt(
        self, session: requests.Session, network: Network, part: Part, give_up_at_s: float
    ) -> None:
        with self._open(session, part) as answer:
            _place(answer, part)
            _check_length(answer, part)
            for piece in answer.iter_content(_PIECE_BYTES):
                part.append(piece)
                self._progress.at(network.name, part.size_bytes, part.limit_bytes)
                if self._patience.monotonic() > give_up_at_s:
                    raise SourceFailed(f"not done after {self._patience.total_s:.0f} s")
        if not part.complete:
            raise _Interrupted(f"it ended after {part.size_bytes} of {part.limit_bytes} bytes")

    def _open(self, session: requests.Session, part: Part) -> requests.Response:
        url = self._url
        for _ in range(_MOST_REDIRECTS + 1):
            self._require_secure(url)
            answer = session.get(
                url,
                headers=_headers(part),
                stream=True,
                allow_redirects=False,
                timeout=(self._patience.connect_s, self._patience.silence_s),
            )
            if not answer.is_redirect:
                return answer
            answer.close()
            url = urljoin(url, answer.headers["location"])
        raise SourceFailed(f"it redirects more than {_MOST_REDIRECTS} times")

    def _require_secure(self, url: str) -> None:
        parts = urlsplit(url)
        loopback = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if parts.scheme != "https" and not (loopback and self._plain_loopback):
            raise SourceFailed(f"it leads to {parts.scheme}://{parts.hostname}, which is not HTTPS")


def _headers(part: Part) -> dict[str, str]:
    headers = {"Accept-Encoding": "identity", "User-Agent": "lianke-agent"}
    if part.size_bytes and part.validator:
        headers |= {"Range": f"bytes={part.size_bytes}-", "If-Range": part.validator}
    return headers


def _place(answer: requests.Response, part: Part) -> None:
    """Bring the part to where this answer begins, or refuse the answer."""
    begin = f"bytes {part.size_bytes}-"
    if answer.status_code == HTTPStatus.PARTIAL_CONTENT and part.validator:
        if answer.headers.get("content-range", "").startswith(begin):
            return
        part.restart()
        raise _Interrupted("it sent another range than we asked for")
    if answer.status_code == HTTPStatus.OK:
        part.restart(_validator(answer))
        return
    if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        part.restart()
        raise _Interrupted("it has no such range")
    refused = f"it answers {answer.status_code} {answer.reason}".rstrip()
    if answer.status_code in _TEMPORARY or answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise _Interrupted(refused)
    raise SourceFailed(refused)


def _validator(answer: requests.Response) -> str:
    """What continues this version and no other; a weak tag may not (RFC 9110, 13.1.5)."""
    tag = answer.headers.get("etag", "")
    return tag if tag.startswith('"') and tag.isascii() else ""


def _check_length(answer: requests.Response, part: Part) -> None:
    """A file of another size is not ours: say so before all of it has come."""
    declared = answer.headers.get("content-length", "")
    if not declared.isdecimal():
        return
    size_bytes = part.size_bytes + int(declared)
    if size_bytes != part.limit_bytes:
        part.restart()
        raise SourceFailed(f"it offers {size_bytes} bytes where {part.limit_bytes} are expected")


def _is_final(error: Exception) -> bool:
    """Whether trying again cannot help; requests' complaints about addresses are ValueErrors."""
    return isinstance(error, requests.exceptions.SSLError | ValueError)


def _reason(error: Exception) -> str:
    """One clause; what requests says is a page of Python."""
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            return reason
    return str(error) if isinstance(error, _Interrupted) else type(error).__name__

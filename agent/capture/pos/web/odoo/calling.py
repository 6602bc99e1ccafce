"""Odoo's JSON-RPC (``/jsonrpc``): one question, one answer, bounded in time and size.

Redirects are not followed, since the API key is in the question. What an Odoo says in its errors
may hold anything, a whole traceback with data included, so only the name of the error is repeated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import msgspec
import requests

from agent.config.odoo import OdooSettings
from agent.errors import FaultyDevice, TransientError

Row = dict[str, Any]

_JSON: Final = msgspec.json.Decoder(float_hook=str)
_PIECE_BYTES: Final = 1 << 16
_CONNECT_S: Final = 5.0
_NAME: Final = re.compile(r"[A-Za-z_][\w.]{0,80}")
_DENIED: Final = ("AccessDenied", "AccessError", "SessionExpired", "SessionExpiredException")
_REASONS: Final[tuple[tuple[type[requests.RequestException], str], ...]] = (
    (requests.exceptions.SSLError, "its certificate is not trusted"),
    (requests.exceptions.ConnectTimeout, "no connection in time"),
    (requests.exceptions.ReadTimeout, "it fell silent"),
    (requests.exceptions.ChunkedEncodingError, "the connection broke"),
    (requests.exceptions.ConnectionError, "it cannot be reached"),
)


class OdooUnavailable(TransientError):
    """The Odoo did not answer usefully; ask again."""


class OdooRefused(FaultyDevice):
    """The Odoo knows what we ask and says no: login, API key or access rights."""


class Caller:
    """Asks one Odoo as one user. Used by one thread."""

    def __init__(self, settings: OdooSettings, key: str, monotonic_s: Callable[[], float]) -> None:
        """``monotonic_s`` bounds answers that trickle."""
        self._settings = settings
        self._key = key
        self._monotonic_s = monotonic_s
        self._session = requests.Session()
        self._session.verify = str(settings.ca_file) if settings.ca_file else True
        self._session.trust_env = False  # a .netrc must not add a login, a proxy not see the key
        self._user: int | None = None
        self._number = 0

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def search_read(
        self,
        model: str,
        domain: Sequence[object],
        fields: Sequence[str],
        order: str,
        limit: int,
    ) -> list[Row]:
        """Rows of a model, as ``search_read``; raises as ``call``."""
        more = {"fields": list(fields), "order": order, "limit": limit}
        return _rows(self.call(model, "search_read", [list(domain)], more))

    def read(self, model: str, ids: Sequence[int], fields: Sequence[str]) -> list[Row]:
        """Rows by their ids; none is asked for where there are no ids; raises as ``call``."""
        if not ids:
            return []
        return _rows(self.call(model, "read", [list(ids)], {"fields": list(fields)}))

    def fields_of(self, model: str) -> frozenset[str]:
        """The names of a model's fields, which differ between versions; raises as ``call``."""
        found = self.call(model, "fields_get", [], {"attributes": ["type"]})
        if not isinstance(found, dict):
            raise OdooUnavailable(f"fields_get of {model} answers something else")
        return frozenset(found)

    def call(
        self, model: str, method: str, arguments: Sequence[object], more: Mapping[str, object]
    ) -> object:
        """``execute_kw`` as our user.

        Raises:
            OdooUnavailable: no answer, or none that could be read.
            OdooRefused: login, key or rights are missing.
        """
        who = [self._settings.database, self._sign_in(), self._key]
        try:
            return self._ask("object", "execute_kw", [*who, model, method, [*arguments], more])
        except OdooRefused:
            self._user = None
            raise

    def _sign_in(self) -> int:
        if self._user is None:
            who = [self._settings.database, self._settings.login, self._key, {}]
            found = self._ask("common", "authenticate", who)
            if not isinstance(found, int) or isinstance(found, bool):
                raise OdooRefused(
                    f"Odoo {self._settings.url} does not know login and API key; renew the key in "
                    f"{self._settings.key_file}"
                )
            self._user = found
        return self._user

    def _ask(self, service: str, method: str, arguments: Sequence[object]) -> object:
        self._number += 1
        question = {
            "jsonrpc": "2.0",
            "method": "call",
            "id": self._number,
            "params": {"service": service, "method": method, "args": arguments},
        }
        answer = self._decoded(self._posted(msgspec.json.encode(question)))
        if answer.get("id") != self._number:
            raise OdooUnavailable(f"Odoo {self._settings.url} answers another question")
        if "error" in answer:
            raise self._said_no(answer["error"])
        return answer.get("result")

    def _posted(self, question: bytes) -> bytes:
        give_up_at_s = self._monotonic_s() + self._settings.timeout_s
        try:
            with self._session.post(
                f"{self._settings.url.rstrip('/')}/jsonrpc",
                data=question,
                headers={"Content-Type": "application/json", "Accept-Encoding": "identity"},
                timeout=(min(_CONNECT_S, self._settings.timeout_s), self._settings.timeout_s),
                allow_redirects=False,
                stream=True,
            ) as answer:
                if answer.status_code != HTTPStatus.OK:
                    raise self._unavailable(f"it answers {answer.status_code}")
                return self._body(answer, give_up_at_s)
        except requests.RequestException as error:
            raise self._unavailable(_reason(error)) from error

    def _body(self, answer: requests.Response, give_up_at_s: float) -> bytes:
        body = bytearray()
        for piece in answer.iter_content(_PIECE_BYTES):
            body += piece
            if len(body) > self._settings.most_answer_bytes:
                raise self._unavailable(
                    "its answer is longer than most_answer_bytes; lower page_orders"
                )
            if self._monotonic_s() > give_up_at_s:
                raise self._unavailable(f"not done after {self._settings.timeout_s:g} s")
        return bytes(body)

    def _decoded(self, body: bytes) -> Row:
        try:
            read = _decoded(body)
        except (ValueError, RecursionError) as error:
            raise self._unavailable("its answer is no JSON; is this an Odoo?") from error
        if not isinstance(read, dict):
            raise self._unavailable("its answer is no JSON object")
        return read

    def _said_no(self, error: object) -> Exception:
        data = error.get("data") if isinstance(error, dict) else None
        said = data.get("name") if isinstance(data, dict) else None
        name = said if isinstance(said, str) and _NAME.fullmatch(said) else "an error"
        if name.rpartition(".")[2] in _DENIED:
            return OdooRefused(
                f"Odoo {self._settings.url} says {name}: the user must be allowed to read the "
                "point of sale"
            )
        return self._unavailable(f"it says {name}")

    def _unavailable(self, reason: str) -> OdooUnavailable:
        return OdooUnavailable(f"Odoo {self._settings.url}: {reason}")


@dataclass(frozen=True, slots=True)
class Known:
    """Which fields each model has, asked once; a version without one is read without it."""

    caller: Caller
    _found: dict[str, frozenset[str]] = field(default_factory=dict)

    def of(self, model: str, wanted: Sequence[str]) -> list[str]:
        """Those of the wanted fields that there are; raises as ``Caller.call``."""
        if model not in self._found:
            self._found[model] = self.caller.fields_of(model)
        return [name for name in wanted if name in self._found[model]]


def _decoded(body: bytes) -> object:
    """What an answer holds; raises ValueError, RecursionError.

    Odoo writes ``NaN`` and ``Infinity`` where somebody has divided by zero. They are no JSON, and a
    page of good orders must not be lost for one: they become texts, which no amount is.
    """
    try:
        return _JSON.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return json.loads(body, parse_float=str, parse_constant=str)


def _rows(found: object) -> list[Row]:
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise OdooUnavailable("the Odoo answers something else than rows")
    return found


def _reason(error: requests.RequestException) -> str:
    """One clause; what requests says is a page of Python."""
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            return reason
    return type(error).__name__

"""A till's door on loopback, with a sink that can fail, and a till that speaks plain HTTP."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from agent.capture.pos.poslog import PoslogReader
from agent.capture.pos.profile import load_profile
from agent.capture.pos.records import Refused
from agent.capture.pos.web.bearer import BearerTokens
from agent.capture.pos.web.book import AnswerBook
from agent.capture.pos.web.profile import WebFormat, load_web_profile
from agent.capture.pos.web.reading import BodyReader, PostedPoslogReader, PostedSaleReader
from agent.capture.pos.web.server import WebDoor
from agent.capture.pos.web.site import Hook
from agent.config.web import WebSettings
from models.runtime.clock import SystemClock
from tests.simulators.capturing import PROFILES, LedgerSink, context

TOKEN = "till-token-0123456789abcdef"  # made up for these tests


@dataclass(frozen=True)
class Said:
    """An answer as a till sees it."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class KeptAside:
    """An ``Aside`` in memory that can be told to fail."""

    kept: list[tuple[str, Refused]] = field(default_factory=list)
    refuse_with: Exception | None = None

    def keep(self, refused: Refused, source: str) -> None:
        if self.refuse_with is not None:
            raise self.refuse_with
        self.kept.append((source, refused))


@dataclass
class TillDoor:
    """The door under test and what stands around it."""

    door: WebDoor
    sink: LedgerSink
    aside: KeptAside
    port: int

    def post(
        self,
        body: bytes | dict[str, Any],
        *,
        key: str = "",
        path: str = "/v1/transactions",
        token: str = TOKEN,
        kind: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Said:
        """Post one body."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        all_headers = {"Content-Type": kind, **(headers or {})}
        if token:
            all_headers["Authorization"] = f"Bearer {token}"
        if key:
            all_headers["Idempotency-Key"] = key
        return self.ask("POST", path, sent, all_headers)

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Said:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body or None, dict(headers or {}))
            answer = connection.getresponse()
            return Said(
                answer.status,
                {name.casefold(): text for name, text in answer.getheaders()},
                answer.read(),
            )
        finally:
            connection.close()


@contextmanager
def till_door(
    folder: Path,
    *,
    sink: LedgerSink | None = None,
    hooks: Mapping[str, Hook] | None = None,
    **changes: Any,
) -> Iterator[TillDoor]:
    """A running door; ``changes`` replace settings."""
    token_file = folder / "tokens"
    token_file.write_text(TOKEN + "\n")
    token_file.chmod(0o600)
    settings = replace(WebSettings(token_file, port=0), **changes)
    sale = PostedSaleReader(load_web_profile(PROFILES, "web-sale", WebFormat.SALE), context())
    poslog = PostedPoslogReader(PoslogReader(load_profile(PROFILES, "arts-poslog"), context()))
    readers: dict[str, BodyReader] = {"application/json": sale, "application/xml": poslog}
    sink, aside = sink or LedgerSink(), KeptAside()
    door = WebDoor(
        settings,
        BearerTokens.read(token_file),
        readers=readers,
        hooks=hooks or {},
        sink=sink,
        aside=aside,
        book=AnswerBook(
            folder / "answers.sqlite3", days=settings.answers_days, most=settings.most_answers
        ),
        clock=SystemClock(),
    )
    door.start()
    try:
        yield TillDoor(door, sink, aside, int(door.url.rpartition(":")[2]))
    finally:
        door.stop()


def sale_body(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A sale of two lines, a discount, two tenders and change: 27.30 in all."""
    return {
        "number": str(number),
        "ended_at": "2025-11-07T12:30:00+08:00",
        "currency": "CNY",
        "total_minor": 2730,
        "business_day": "2025-11-07",
        "workstation": "3",
        "operator": "cashier-17",
        "phone": "13800138000",
        "family_name": "Zhang",
        "lines": [
            {
                "amount_minor": 1980,
                "item_id": "A1",
                "quantity": "2",
                "actual_price_minor": 990,
                "description": "Tea",
            },
            {
                "amount_minor": 950,
                "item_id": "B2",
                "quantity": "0.5",
                "uom": "kg",
                "discount": {"amount_minor": -50, "reason": "day"},
            },
        ],
        "discounts": [{"amount_minor": -200, "reason": "coupon"}],
        "taxes": [{"amount_minor": 314, "included": True, "percent": "13", "tax_id": "VAT"}],
        "tenders": [
            {"type": "wechat", "amount_minor": 2000},
            {"type": "cash", "amount_minor": 1000, "change_minor": 270},
        ],
        **changes,
    }

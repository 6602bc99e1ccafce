"""How the till's door listens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.config.bounds import check_above_zero, check_address, check_port

_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,40}")
_LEAST_BODY_BYTES: Final = 1_024
_MOST_BODY_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class WebSettings:
    """The door by which tills post what they sold: a listener of its own.

    Attributes:
        token_file: who may post. One token a line, or ``sha256:`` and its digest in hex; several
            lines let an old token live on while tills are given the new one. Mode 0600.
        name: what this door is called in status; unique among all sources of this box, of letters,
            digits and hyphens, since the file of its answers is named for it.
        host: an address of this box; 127.0.0.1 lets in this box alone, an address of the shop's
            network other tills, over plain HTTP. Never one that the internet reaches.
        port: 0 takes any free one.
        profile: how our own JSON is read; a file in device_configs/till_profiles.
        poslog_profile: how POSLog XML is read that comes by POST.
        shopify_secret_file: what Shopify signs its webhooks with; without it there is no such
            address. Mode 0600.
        shopify_profile: how Shopify's orders are read.
        square_key_file: what Square signs its webhooks with; without it there is no such address.
        square_url: the notification URL exactly as Square was told it; the signature covers it.
        square_profile: how Square's orders are read.
        max_body_bytes: a larger body is refused before it is read.
        head_s: a request whose head has not come after so long is cut off.
        body_s: for the whole body, from its head on.
        most_connections: connections at once, each of which may hold a body in memory; further
            ones are told to come again.
        answers_days: a repeated ``Idempotency-Key`` gets the same answer for so long.
        most_answers: so many answers are kept at most, the latest.
    """

    token_file: Path
    name: str = "web"
    host: str = "127.0.0.1"
    port: int = 8_091
    profile: str = "web-sale"
    poslog_profile: str = "arts-poslog"
    shopify_secret_file: Path | None = None
    shopify_profile: str = "web-shopify"
    square_key_file: Path | None = None
    square_url: str = ""
    square_profile: str = "web-square"
    max_body_bytes: int = 512 * 1024
    head_s: float = 5.0
    body_s: float = 10.0
    most_connections: int = 8
    answers_days: float = 7.0
    most_answers: int = 50_000

    def __post_init__(self) -> None:
        """What cannot be is found at start, not at the first sale."""
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"name must be letters, digits and hyphens, not {self.name!r}")
        what = f"web {self.name}"
        check_address(what, self, "host")
        check_port(what, self, "port")
        if not _LEAST_BODY_BYTES <= self.max_body_bytes <= _MOST_BODY_BYTES:
            raise ValueError(
                f"{what}: max_body_bytes must be {_LEAST_BODY_BYTES} to {_MOST_BODY_BYTES}"
            )
        waits = ("head_s", "body_s", "most_connections", "answers_days", "most_answers")
        check_above_zero(what, self, *waits)
        if self.square_key_file is not None and not self.square_url:
            raise ValueError(
                f"{what}: square_url must be the notification URL that Square was told"
            )

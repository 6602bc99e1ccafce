"""Which Odoo is asked, and how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from agent.config.bounds import check_above_zero

_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_MOST_PER_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class OdooSettings:
    """One Odoo.

    Attributes:
        url: of the server, without a path; HTTPS, or HTTP on this very box.
        database: its name in the Odoo.
        login: of the user whose API key it is; one that may read the point of sale and no more.
        key_file: the API key. Mode 0600.
        name: what it is called in status; unique among all sources of this box.
        profile: how orders are read; a file in device_configs/till_profiles.
        ca_file: certificates that are trusted instead of the public ones.
        config_ids: ids of the points of sale (``pos.config``) that are this shop; all where empty.
        read_customers: also ask for the customers' phone and barcode.
        poll_s: how often is asked.
        overlap_s: what changed up to so long before the last look is asked for again, since a
            transaction of the Odoo's becomes visible later than it is dated.
        first_days: so much of the past is read at the first start.
        page_orders: orders per request.
        timeout_s: for one answer, from beginning to end.
        most_answer_bytes: a longer answer is none.
        backoff_cap_s: longest wait while the Odoo does not answer.
    """

    url: str
    database: str
    login: str
    key_file: Path
    name: str = "odoo"
    profile: str = "web-odoo"
    ca_file: Path | None = None
    config_ids: tuple[int, ...] = ()
    read_customers: bool = True
    poll_s: float = 20.0
    overlap_s: float = 300.0
    first_days: float = 7.0
    page_orders: int = 100
    timeout_s: float = 20.0
    most_answer_bytes: int = 16 * 1024 * 1024
    backoff_cap_s: float = 300.0

    def __post_init__(self) -> None:
        """What cannot be is found at start, not at the first sale."""
        what = f"odoo {self.name}"
        parts = urlsplit(self.url)
        plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if not plain and (parts.scheme != "https" or not parts.hostname):
            raise ValueError(f"{what}: url must begin with https:// (the API key travels in it)")
        if parts.username or parts.query or parts.path.strip("/"):
            raise ValueError(
                f"{what}: url must be the server's alone, such as https://shop.odoo.com"
            )
        if not 1 <= self.page_orders <= _MOST_PER_PAGE:
            raise ValueError(f"{what}: page_orders must be 1 to {_MOST_PER_PAGE}")
        waits = ("poll_s", "first_days", "timeout_s", "most_answer_bytes", "backoff_cap_s")
        check_above_zero(what, self, *waits)
        if self.overlap_s < 0:
            raise ValueError(f"{what}: overlap_s must not be below 0, but is {self.overlap_s}")

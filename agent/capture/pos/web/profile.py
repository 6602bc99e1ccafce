"""What comes by web, as data: profiles with ``adapter = "web"``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from agent.capture.pos.family import Adapter, load_named
from agent.capture.pos.mapping.rules import SaleRules
from agent.errors import BadConfiguration
from models.wire.source_rank import WEB


class WebFormat(StrEnum):
    """In whose words transactions come."""

    SALE = "sale"
    SHOPIFY = "shopify"
    SQUARE = "square"
    ODOO = "odoo"


class Takes(StrEnum):
    """Which of Square's objects are sales."""

    PAYMENTS = "payments"
    ORDERS = "orders"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebProfile(SaleRules):
    """One make of what comes by web.

    Attributes:
        format: sale (our own JSON), shopify, square or odoo.
        locations: for shopify and square, ids of the locations that are this shop; what is of
            another is acknowledged and not taken. All of them where empty.
        takes: for square, payments (and refunds) or whole orders.
    """

    source_rank: int = WEB
    format: WebFormat
    locations: tuple[str, ...] = ()
    takes: Takes = Takes.PAYMENTS

    def __post_init__(self) -> None:
        """What cannot be is found at start, not at the first sale."""
        self.check_shared()
        if self.adapter is not Adapter.WEB:
            raise ValueError('adapter must be "web"')


def load_web_profile(folder: Path, name: str, format_: WebFormat) -> WebProfile:
    """One profile by name, for one format; raises BadConfiguration."""
    profile = load_named(folder, name, WebProfile, Adapter.WEB)
    if profile.format is not format_:
        raise BadConfiguration(
            f"till profile {name!r} is for format {profile.format}; here {format_} is read"
        )
    return profile

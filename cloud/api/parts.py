"""What the API is made of; the composition root fills it in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine

from cloud.access import ApiTokens, AuditLog
from cloud.access.random_token import RandomBytes
from cloud.cards import CardFeed
from cloud.devices import Fleet, Registry
from cloud.ingest.alarms import CloudAlarms
from cloud.ledger.journal import Journal
from cloud.members import Directory
from cloud.sales import Figures
from models.runtime.clock import Clock


@dataclass(frozen=True, slots=True)
class ApiParts:
    """Everything that routes use."""

    engine: Engine
    clock: Clock
    random: RandomBytes
    audit: AuditLog
    tokens: ApiTokens
    registry: Registry
    fleet: Fleet
    journal: Journal
    figures: Figures
    directory: Directory
    cards: CardFeed
    alarms: CloudAlarms


def parts_of(request: Request) -> ApiParts:
    """The parts of the application that answers this request."""
    parts: ApiParts = request.app.state.parts
    return parts


Parts = Annotated[ApiParts, Depends(parts_of)]

"""What the console is made of; the composition root fills it in."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine

from cloud.access import AuditLog, Door
from cloud.access.random_token import RandomBytes
from cloud.cards import CardFeed
from cloud.console.painter import Painter
from cloud.console.pulse import Pulse
from cloud.devices import CameraDrawings, Fleet
from cloud.ingest.alarms import CloudAlarms
from cloud.ingest.deadletters import DeadLetters
from cloud.members import Directory
from cloud.sales import Figures
from models.runtime.clock import Clock


@dataclass(frozen=True, slots=True)
class ConsoleParts:
    """Everything that pages use.

    Attributes:
        closing: set when the server is about to stop; streams then end by themselves.
    """

    engine: Engine
    clock: Clock
    random: RandomBytes
    audit: AuditLog
    door: Door
    fleet: Fleet
    figures: Figures
    directory: Directory
    cards: CardFeed
    letters: DeadLetters
    alarms: CloudAlarms
    drawings: CameraDrawings
    painter: Painter
    pulse: Pulse
    closing: threading.Event


def parts_of(request: Request) -> ConsoleParts:
    """The parts of the application that answers this request."""
    parts: ConsoleParts = request.app.state.parts
    return parts


Parts = Annotated[ConsoleParts, Depends(parts_of)]

"""How bad a line is, and what it has done."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


@dataclass(frozen=True, slots=True)
class Quality:
    """One direction of a line. A change counts at once, for connections that stand, too.

    Attributes:
        delay_s: every byte arrives so much later; order is kept.
        bytes_per_s: no more than this; a trickle keeps a connection alive and moves nothing.
        stalls: nothing arrives until this ends; then everything does.
        swallows: bytes vanish and nobody is told, nor is anybody told of a close: half-open TCP. A
            connection that has swallowed stays deaf for ever, as after a router forgot it; new
            ones are accepted and get no answer.
        reset_within: a new connection is reset, both ends, after a seeded number of bytes between
            1 and this: mostly in the middle of a packet. None for never.
    """

    delay_s: float = 0.0
    bytes_per_s: float = math.inf
    stalls: bool = False
    swallows: bool = False
    reset_within: int | None = None


PERFECT: Final = Quality()


class Outage(StrEnum):
    """What "the line is down" looks like from its ends."""

    STALLS = "stalls"  # a pulled cable: silence, and what was on its way arrives afterwards
    RESETS = "resets"  # a rebooting router: connections are reset, new ones are refused


@dataclass(slots=True)
class Figures:
    """What happened on a line so far.

    Attributes:
        accepted: connections.
        resets: connections that the line has reset, by itself or when told to.
        outages: how often it went down by its schedule.
        swallowed_bytes: what vanished.
        up_bytes: what arrived at the server.
        down_bytes: what arrived at clients.
    """

    accepted: int = 0
    resets: int = 0
    outages: int = 0
    swallowed_bytes: int = 0
    up_bytes: int = 0
    down_bytes: int = 0

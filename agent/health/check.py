"""A check answers "is this wrong, and what should a person do?"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from agent.config import AgentConfig


class Verdict(StrEnum):
    """How it stands."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Attributes:
        check: a stable name.
        next_step: what to do; empty when all is well.
    """

    check: str
    verdict: Verdict
    message: str
    next_step: str = ""


Check = Callable[[AgentConfig], Finding]
"""Looks at one thing, changes nothing, never raises for what it looks at."""

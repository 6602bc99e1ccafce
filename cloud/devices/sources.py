"""How the sources of sales of a device are, as its last heartbeat said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from models.wire.events.device import SourceState


class SourceHealth(StrEnum):
    """How a source is, at a glance: the heartbeat's words, and one for what we do not know."""

    READY = "ready"
    STARTING = "starting"
    BLOCKED = "blocked"
    MISSING = "missing"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source as of now. Counts are since the agent started.

    Attributes:
        name: as configured; empty for the till's folder.
        kind: ``folder``, ``journal``, ``tap``, ``prints``, ``database``, ``web`` or ``odoo``.
        health: unknown when its device is not heard of, or says a word of a newer agent.
        said: the rest of it, as it was told.
        last_at: of the last capture, aware UTC; None before the first.
    """

    name: str
    kind: str
    health: SourceHealth
    said: SourceState
    last_at: datetime | None


_BY_WORD: Final[Mapping[str, SourceHealth]] = MappingProxyType(
    {health.value: health for health in SourceHealth}
)


def source_of(said: SourceState, *, known: bool) -> SourceView:
    """The source now; ``known`` while its device is heard."""
    health = _BY_WORD.get(said.state, SourceHealth.UNKNOWN) if known else SourceHealth.UNKNOWN
    return SourceView(said.name, said.kind, health, said, _moment(said.last_at))


def _moment(text: str) -> datetime | None:
    """What a device says is not to stop a page: an unreadable moment is none."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None

"""Finished minutes go into the outbox; while it cannot take them, they wait in memory.

A minute becomes an event once, so offering it again after a failure cannot double it. What waits is
lost with the process; it is bounded, and the oldest go first.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from agent.capture.footfall.metrics import FootfallMetrics
from agent.capture.footfall.minutes import Minute
from agent.capture.intake import Ledgerbound
from agent.errors import AgentError, InvalidInput
from agent.facts import FactMaker
from agent.outbox import Draft
from models.runtime.logs import get_logger
from models.wire.events.footfall import FootfallCounted
from models.wire.events.footfall_audit import FootfallAudited
from models.wire.registry import FOOTFALL_AUDITED, FOOTFALL_COUNTED
from models.wire.topics import Stream

_LOG = get_logger(__name__)

_HELD_MOST: Final = 4 * 24 * 60
"""A day of four cameras: some 3 MB."""


def no_audit(_network: str) -> str:
    """Nobody audited it."""
    return ""


class Recorder:
    """Where the minutes of all cameras of this box go. Safe from several threads."""

    def __init__(self, outbox: Ledgerbound, facts: FactMaker, metrics: FootfallMetrics) -> None:
        self._outbox = outbox
        self._facts = facts
        self._metrics = metrics
        self._lock = threading.Lock()
        self._held: deque[Draft] = deque()
        self._complaint = ""

    def record(
        self,
        camera: str,
        minutes: Sequence[Minute],
        *,
        rule: str = "",
        analyses: str = "",
        recorded: bool = False,
        audit_of: Callable[[str], str] = no_audit,
    ) -> bool:
        """Store minutes, and what waits from before; never raises for the disk.

        Args:
            camera: whose they are.
            minutes: may be empty, to try again what waits.
            rule: what turned tracks into crossings.
            analyses: what made all else of them.
            recorded: of a clip, which may be played again: the same content has the same id.
            audit_of: the id of the audit that holds for what a network counted by this rule.

        Returns:
            Whether everything is durable.
        """
        self._metrics.counted(camera, minutes)
        drafts = [
            self._draft(
                event_of(camera, minute, rule, analyses, audit_of(minute.network)),
                minute.offset_ms,
                recorded=recorded,
            )
            for minute in minutes
        ]
        with self._lock:
            self._held.extend(drafts)
            self._bound()
            if self._held:
                self._store()
            self._metrics.holds(len(self._held))
            return not self._held

    def tell(self, audited: FootfallAudited) -> bool:
        """Store a camera's audit; whether it is durable. Again is as good as once."""
        key = f"footfall-audit/{audited.camera}/{audited.audit}"
        draft = self._facts.repeatable(FOOTFALL_AUDITED, audited, key)
        with self._lock:
            try:
                self._outbox.append(Stream.FOOTFALL, [draft])
            except AgentError as error:
                _LOG.warning("camera_audit_not_told", camera=audited.camera, error=str(error))
                return False
        _LOG.info("camera_audit_told", camera=audited.camera, audit=audited.audit)
        return True

    def _draft(self, data: FootfallCounted, offset_ms: int | None, *, recorded: bool) -> Draft:
        """An event by the clock that labelled the minute; by content where that is a recording's.

        Where the clock was set since, another one would put the minute into another hour: the cloud
        moves it by what the event is moved by.
        """
        if not recorded:
            return self._facts.draft(FOOTFALL_COUNTED, data, offset_ms)
        key = f"footfall/{data.camera}/{data.begin_at.isoformat()}"
        return self._facts.repeatable(FOOTFALL_COUNTED, data, key)

    def _store(self) -> None:
        try:
            self._outbox.append(Stream.FOOTFALL, list(self._held))
        except InvalidInput as error:
            _LOG.error("footfall_minutes_refused", minutes=len(self._held), error=str(error))
            self._drop(len(self._held))
        except AgentError as error:
            self._complain(str(error))
        else:
            self._held.clear()
            self._recover()

    def _bound(self) -> None:
        if (surplus := len(self._held) - _HELD_MOST) > 0:
            _LOG.error("footfall_minutes_given_up", minutes=surplus, reason=self._complaint)
            self._drop(surplus)

    def _drop(self, count: int) -> None:
        for _ in range(count):
            self._held.popleft()
        self._metrics.dropped(count)

    def _complain(self, reason: str) -> None:
        if reason != self._complaint:
            _LOG.warning(
                "footfall_minutes_held",
                minutes=len(self._held),
                error=reason,
                next_step="free or repair the disk; they are kept in memory for a day",
            )
        self._complaint = reason

    def _recover(self) -> None:
        if self._complaint:
            _LOG.info("footfall_minutes_stored")
            self._complaint = ""


def event_of(
    camera: str, minute: Minute, rule: str, analyses: str, audit: str = ""
) -> FootfallCounted:
    """A minute as it is told; what nobody counted names neither rule, analyses nor audit."""
    counted = bool(minute.observed_ms or minute.lines)
    return FootfallCounted(
        camera=camera,
        begin_at=minute.begin_at,
        observed_ms=minute.observed_ms,
        samples=minute.samples,
        lines=list(minute.lines),
        gaps=list(minute.gaps),
        network=minute.network,
        rule=rule if counted else "",
        zones=list(minute.zones),
        heat=list(minute.heat),
        marks=list(minute.marks),
        analyses=analyses if counted else "",
        audit=audit if counted else "",
    )

"""Refusal alarms in the database: raised by workers, shown by status, ended by an operator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, delete, insert, select

from cloud.access.audit import Action, Actor, AuditLog
from cloud.ingest.guard import TooManyRefusals
from cloud.ingest.tables import REFUSAL_ALARM
from cloud.storage.columns import from_ms, to_ms
from cloud.storage.unit_of_work import read, write
from models.runtime.clock import Clock


@dataclass(frozen=True, slots=True)
class RefusalAlarm:
    """``refused`` of a device's last ``events`` events were refused; no more are since then.

    Attributes:
        device: its topic prefix.
        worker, version: who saw it; workers of this version heed it.
    """

    device: str
    worker: str
    version: str
    raised_at: datetime
    refused: int
    events: int

    def __str__(self) -> str:
        return (
            f"ALARM {self.device}: {self.refused} of {self.events} events were refused, so no more "
            f"are since {self.raised_at:%Y-%m-%d %H:%M:%S}; see 'deadletters list', then 'resume'"
        )


class RefusalAlarms:
    """Implements ``Alarms``. Every method raises DatabaseUnavailable."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def keep(self, worker: str, version: str, seen: Sequence[TooManyRefusals]) -> None:
        """See ``Alarms``."""
        rows = {one.device.prefix: self._row(worker, version, one) for one in seen}
        again = REFUSAL_ALARM.c.device.in_(rows), REFUSAL_ALARM.c.version == version
        with write(self._engine) as connection:
            connection.execute(delete(REFUSAL_ALARM).where(*again))
            connection.execute(insert(REFUSAL_ALARM), list(rows.values()))

    def standing_for(self, worker: str, version: str) -> frozenset[str]:
        """See ``Alarms``."""
        standing = self.standing()
        if any(one.worker == worker and one.version != version for one in standing):
            outdated = REFUSAL_ALARM.c.worker == worker, REFUSAL_ALARM.c.version != version
            with write(self._engine) as connection:
                connection.execute(delete(REFUSAL_ALARM).where(*outdated))
        return frozenset(one.device for one in standing if one.version == version)

    def standing(self) -> list[RefusalAlarm]:
        """All that stand, by device."""
        by_device = select(REFUSAL_ALARM).order_by(REFUSAL_ALARM.c.device, REFUSAL_ALARM.c.version)
        with read(self._engine) as connection:
            return [
                RefusalAlarm(
                    device=row.device,
                    worker=row.worker,
                    version=row.version,
                    raised_at=from_ms(row.raised_ms),
                    refused=row.refused,
                    events=row.events,
                )
                for row in connection.execute(by_device)
            ]

    def resume(self, audit: AuditLog, actor: Actor) -> list[RefusalAlarm]:
        """The operator's word: end all alarms; returns them. Workers hear of it within a lease."""
        ended = self.standing()
        if ended:
            with write(self._engine) as connection:
                connection.execute(delete(REFUSAL_ALARM))
                for one in ended:
                    audit.note(connection, actor, Action.REFUSALS_RESUMED, one.device)
        return ended

    def _row(self, worker: str, version: str, seen: TooManyRefusals) -> dict[str, object]:
        return {
            "device": seen.device.prefix,
            "worker": worker,
            "version": version,
            "raised_ms": to_ms(self._clock.now()),
            "refused": seen.refused,
            "events": seen.events,
        }

"""The alarms in the database: raised and ended by looks, acknowledged by people, read by all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, assert_never

from sqlalchemy import Connection, Engine, func, insert, select, update

from cloud.access.audit import Action, Actor, AuditLog
from cloud.errors import NotFound
from cloud.ingest.alarms.deciding import Begin, Change, End, GoOn, Sign, Standing, decide
from cloud.ingest.alarms.rows import (
    OPEN,
    UNSEEN,
    AlarmState,
    CloudAlarm,
    Wanted,
    alarm_of,
    chosen,
    is_known,
    marks,
    standing,
    written,
)
from cloud.ingest.alarms.tables import ALARM
from cloud.ingest.alarms.vocabulary import AlarmKind, Ending, read_vocabulary
from cloud.storage.columns import to_ms
from cloud.storage.unit_of_work import in_turn, read, write
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

log = get_logger(__name__)

EVERYTHING: Final = Wanted()


class CloudAlarms:
    """Safe for several threads and processes. Every method raises DatabaseUnavailable."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        vocabulary = read_vocabulary()
        self._endings = {kind: entry.ends for kind, entry in vocabulary.items()}
        self._severities = {kind: entry.severity for kind, entry in vocabulary.items()}

    def listed(self, wanted: Wanted = EVERYTHING) -> list[CloudAlarm]:
        """The alarms that stand, or those that were asked for; by id, so the oldest first."""
        query = chosen(wanted)
        with read(self._engine) as connection:
            return [
                alarm_of(row, self._severities)
                for row in connection.execute(query)
                if is_known(row)
            ]

    def find(self, number: int) -> CloudAlarm:
        """One alarm; raises NotFound."""
        with read(self._engine) as connection:
            return self._find(connection, number)

    def unseen(self) -> int:
        """How many alarms stand that nobody has acknowledged."""
        with read(self._engine) as connection:
            query = select(func.count()).select_from(ALARM).where(OPEN, UNSEEN)
            return int(connection.execute(query).scalar_one())

    def stamp(self) -> str:
        """Changes whenever an alarm is raised, happens again, is acknowledged or is over."""
        query = select(
            func.max(ALARM.c.id),
            func.sum(ALARM.c.times),
            func.max(ALARM.c.acknowledged_ms),
            func.max(ALARM.c.over_ms),
        )
        with read(self._engine) as connection:
            return "-".join(str(mark or 0) for mark in connection.execute(query).one())

    def acknowledge(self, number: int, audit: AuditLog, actor: Actor) -> CloudAlarm:
        """Somebody has seen it; ends what only a person can end. Idempotent: the first one counts.

        Raises:
            NotFound: there is no such alarm.
        """
        with write(self._engine) as connection:
            in_turn(connection, "alarms")
            alarm = self._find(connection, number)
            if alarm.state is not AlarmState.STANDING:
                return alarm
            now_ms = to_ms(self._clock.now())
            values: dict[str, object] = {"acknowledged_ms": now_ms, "acknowledged_by": actor}
            if self._endings[alarm.kind] is Ending.PERSON:
                values["over_ms"] = now_ms
            connection.execute(update(ALARM).where(ALARM.c.id == number).values(values))
            audit.note(connection, actor, Action.ALARM_ACKNOWLEDGED, f"alarm:{number}")
            return self._find(connection, number)

    # What the lookout asks and tells

    def known(self) -> tuple[Sequence[Standing], Mapping[AlarmKind, int]]:
        """What stands, and per kind the newest evidence that any alarm has in it."""
        with read(self._engine) as connection:
            return standing(connection), marks(connection)

    def look(self, signs: Sequence[Sign]) -> bool:
        """Raise and end alarms as the signs say; whether anything changed.

        Looks without a change only read: they wait for nobody and hold nobody up. Two processes
        that look at once raise nothing twice.
        """
        if not self._decided(signs, *self.known()):
            return False
        with write(self._engine) as connection:
            in_turn(connection, "alarms")
            changes = self._decided(signs, standing(connection), marks(connection))
            for change in changes:
                self._apply(connection, change)
        for change in changes:
            _tell(change)
        return bool(changes)

    def _decided(
        self,
        signs: Iterable[Sign],
        found: Sequence[Standing],
        newest: Mapping[AlarmKind, int],
    ) -> list[Change]:
        return decide(signs, found, newest, self._endings, to_ms(self._clock.now()))

    def _apply(self, connection: Connection, change: Change) -> None:
        now_ms = to_ms(self._clock.now())
        match change:
            case Begin(kind=kind, trouble=trouble):
                connection.execute(
                    insert(ALARM).values(
                        kind=kind.value,
                        about=trouble.about,
                        tenant=trouble.place.tenant,
                        store=trouble.place.store,
                        device=trouble.place.device,
                        since_ms=now_ms,
                        seen_ms=now_ms,
                        times=trouble.times,
                        mark=trouble.mark,
                        facts=written(trouble.facts),
                    )
                )
            case GoOn(id=number, facts=facts, times=times, mark=mark):
                values = {"seen_ms": now_ms, "facts": written(facts), "times": times, "mark": mark}
                connection.execute(update(ALARM).where(ALARM.c.id == number).values(values))
            case End(id=number):
                over = update(ALARM).where(ALARM.c.id == number)
                connection.execute(over.values(over_ms=now_ms))
            case _:
                assert_never(change)

    def _find(self, connection: Connection, number: int) -> CloudAlarm:
        row = connection.execute(select(ALARM).where(ALARM.c.id == number)).one_or_none()
        if row is None or not is_known(row):
            raise NotFound(f"there is no alarm {number}; list the alarms first")
        return alarm_of(row, self._severities)


def _tell(change: Change) -> None:
    match change:
        case Begin(kind=kind, trouble=trouble):
            log.warning("alarm_raised", alarm=kind, about=trouble.about, **trouble.facts)
        case End(id=number):
            log.info("alarm_over", alarm_id=number)
        case GoOn():
            pass
        case _:
            assert_never(change)

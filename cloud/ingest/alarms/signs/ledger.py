"""What the ledger says of itself: that it was put back from a backup."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Engine, insert, select

from cloud.ingest.alarms.deciding import Sign, Trouble
from cloud.ingest.alarms.rows import facts_of
from cloud.ingest.alarms.tables import ALARM
from cloud.ingest.alarms.vocabulary import AlarmKind
from cloud.ledger.tables import MetaRow, table_of
from cloud.storage.unit_of_work import in_turn, read, write

_META: Final = table_of(MetaRow)
_FIRST: Final = "first generation looked at"


def restored(connection: Connection) -> Sign:
    """Whether the generation is another one than the newest alarm names, or the first look saw."""
    kind = AlarmKind.LEDGER_RESTORED
    newest = select(ALARM).where(ALARM.c.kind == kind.value).order_by(ALARM.c.mark.desc()).limit(1)
    alarm = connection.execute(newest).one_or_none()
    known = _named(connection, _FIRST) if alarm is None else facts_of(alarm).get("generation")
    generation = _named(connection, "generation")
    if known is None or generation in (None, known):
        return Sign(kind)
    mark = 1 if alarm is None else alarm.mark + 1
    return Sign(kind, [Trouble(facts={"generation": str(generation)}, mark=mark)])


def remember_generation(engine: Engine) -> None:
    """Keep the generation, once, to compare later ones with. Raises DatabaseUnavailable."""
    with read(engine) as connection:
        if _named(connection, _FIRST) is not None or _named(connection, "generation") is None:
            return
    with write(engine) as connection:
        in_turn(connection, "alarms")
        if _named(connection, _FIRST) is None:
            value = _named(connection, "generation")
            connection.execute(insert(_META).values(name=_FIRST, value=value))


def _named(connection: Connection, name: str) -> str | None:
    value: str | None = connection.execute(
        select(_META.c.value).where(_META.c.name == name)
    ).scalar_one_or_none()
    return value

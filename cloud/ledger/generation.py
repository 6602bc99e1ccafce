"""The ledger's generation: a random name made with it, and made anew when it is restored.

Every acknowledgement carries it. A device that hears another one sends again what it still keeps,
so that what was accepted after the backup was taken is not lost with the disk.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from sqlalchemy import Connection, Engine, delete, insert, select

from cloud.ledger.tables import MetaRow, table_of
from cloud.storage.unit_of_work import in_turn, read, write

_NAME = "generation"


def obtain_generation(engine: Engine, random: Callable[[int], bytes] = os.urandom) -> str:
    """The ledger's generation; made when there is none yet. Raises as ``storage.write``."""
    meta = table_of(MetaRow)
    wanted = select(meta.c.value).where(meta.c.name == _NAME)
    with read(engine) as connection:
        known = connection.execute(wanted).scalar_one_or_none()
    if known is not None:
        return str(known)
    with write(engine) as connection:
        in_turn(connection, "ledger")  # two processes may start at once: the first one's stands
        known = connection.execute(wanted).scalar_one_or_none()
        if known is None:
            known = random(16).hex()
            connection.execute(insert(meta).values(name=_NAME, value=known))
        return str(known)


def read_generation(connection: Connection) -> str:
    """The ledger's generation as the caller's transaction sees it, empty where it has none yet."""
    meta = table_of(MetaRow)
    wanted = select(meta.c.value).where(meta.c.name == _NAME)
    return connection.execute(wanted).scalar_one_or_none() or ""


def renew_generation(engine: Engine, random: Callable[[int], bytes] = os.urandom) -> str:
    """Give a restored ledger a new generation; part of restoring a backup, before ingest starts."""
    meta = table_of(MetaRow)
    made = random(16).hex()
    with write(engine) as connection:
        in_turn(connection, "ledger")
        connection.execute(delete(meta).where(meta.c.name == _NAME))
        connection.execute(insert(meta).values(name=_NAME, value=made))
    return made

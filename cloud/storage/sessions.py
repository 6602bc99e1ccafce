"""Whose a database session is, so that others can end those of a process that stands still.

A process that stands still keeps every lock of its sessions. PostgreSQL ends one that waits for its
*next statement* inside a transaction (``engine.HUNG_S``), but not one that waits for the rest of a
COPY, of a pipeline or of a long message: to the server that is work in progress. No timeout ends it
(measured with 15: neither for idle transactions nor for statements, which take a cancel, and a
COPY reads on over that), and as the other machine still acknowledges every packet, neither does
TCP. Only its termination does, which any role may order for sessions of its own.

On SQLite nothing here has an effect: a file's locks lie with the process.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Engine, event, text

_END: Final = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE application_name = :owner AND usename = current_user"
    " AND datname = current_database() AND pid <> pg_backend_pid()"
)


def name_sessions(engine: Engine, owner: str) -> None:
    """Let every session from now on bear its owner's name, of at most 63 bytes of ASCII.

    Sessions that are open and unused are closed. Call it before others begin to use the engine: a
    session that somebody is using bears no name for as long as that lasts.
    """
    if engine.dialect.name != "postgresql":
        return

    def name(_dialect: object, _record: object, _args: object, words: dict[str, object]) -> None:
        words["application_name"] = owner

    event.listen(engine, "do_connect", name)
    engine.dispose()


def end_sessions(connection: Connection, owner: str) -> int:
    """End what this owner has open in this database, and undo what it has not committed.

    Takes effect at once, whether this transaction commits or not; its own session is spared.

    Returns:
        How many there were. Sessions of another role than ours are not counted, nor ended.
    """
    if connection.dialect.name != "postgresql":
        return 0
    return int(connection.execute(_END, {"owner": owner}).scalar_one())

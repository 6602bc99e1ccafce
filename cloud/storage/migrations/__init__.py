"""The schema's history: Alembic revisions, run from code. No alembic.ini is needed on a server.

``upgrade`` brings a database to this version's schema, ``check`` says whether it is there already.
Going back is restoring the backup taken before the upgrade; revisions only lead forward.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from cloud.errors import SchemaMismatch
from cloud.storage.engine import CHANGES_SCHEMA
from cloud.storage.unit_of_work import in_turn, read, write

FOLDER: Final = Path(__file__).parent
VERSIONS: Final = FOLDER / "versions"


def upgrade(engine: Engine, versions: Path = VERSIONS) -> None:
    """Run the revisions that the database lacks, in one transaction; safe to repeat.

    Two processes that start at once take turns.

    Raises:
        SchemaMismatch: the database is newer than this program, or a revision leaves orphans
            behind; nothing was changed.
        DatabaseUnavailable: try again later.
    """
    try:
        with write(engine.execution_options(**{CHANGES_SCHEMA: True})) as connection:
            in_turn(connection, "migrations")
            _refuse_unknown(connection, versions)
            command.upgrade(settings(connection, versions), "head")
            _refuse_orphans(connection)
    finally:
        engine.dispose()  # on SQLite this connection no longer enforces foreign keys


def check(engine: Engine, versions: Path = VERSIONS) -> None:
    """Compare the database's revision with this program's.

    Raises:
        SchemaMismatch: they differ; the message names both and the next step.
    """
    with read(engine) as connection:
        _refuse_unknown(connection, versions)
        found, wanted = _stamped(connection), _scripts(versions).get_heads()
    if set(found) != set(wanted):
        raise SchemaMismatch(
            f"the database is at revision {_named(found)}, this program needs {_named(wanted)}; "
            "run: lianke-cloud upgrade"
        )


def settings(connection: Connection | None, versions: Path) -> Config:
    """Alembic's configuration; ``env.py`` finds the open connection in its attributes."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("version_locations", str(versions))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    return config


def _refuse_unknown(connection: Connection, versions: Path) -> None:
    known = {script.revision for script in _scripts(versions).walk_revisions()}
    unknown = [revision for revision in _stamped(connection) if revision not in known]
    if unknown:
        raise SchemaMismatch(
            f"the database is at revision {_named(unknown)}, which this program does not know; "
            "install the newer version, or restore the backup made before it"
        )


def _refuse_orphans(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if orphans:
        tables = sorted({str(row[0]) for row in orphans})
        raise SchemaMismatch(f"a revision left rows without their parents in {', '.join(tables)}")


def _scripts(versions: Path) -> ScriptDirectory:
    return ScriptDirectory.from_config(settings(None, versions))


def _stamped(connection: Connection) -> Sequence[str]:
    return MigrationContext.configure(connection).get_current_heads()


def _named(revisions: Sequence[str]) -> str:
    return " and ".join(sorted(revisions)) or "none"

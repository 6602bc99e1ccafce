"""Writes the next revision: ``python -m cloud.storage.revise "what changed"``. For developers.

It builds an empty database, brings it to the newest revision, compares that with the tables as the
code declares them, and writes the difference. Read the file before you commit it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import Script
from sqlalchemy import MetaData

from cloud.storage.engine import open_engine
from cloud.storage.metadata import whole_schema
from cloud.storage.migrations import VERSIONS, settings, upgrade
from cloud.storage.unit_of_work import write


def revise(message: str, schema: MetaData, versions: Path = VERSIONS) -> Path:
    """Write one revision into ``versions`` and return its path."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/revise.db")
        upgrade(engine, versions)
        with write(engine) as connection:
            config = settings(connection, versions)
            config.attributes["metadata"] = schema
            script = command.revision(config, message, autogenerate=True)
        engine.dispose()
    assert isinstance(script, Script), "one message makes one revision"
    return Path(script.path)


def main(arguments: list[str]) -> int:
    """The command: exit code 0 after writing, 2 for a wrong call."""
    if len(arguments) != 1:
        print('usage: python -m cloud.storage.revise "what changed"', file=sys.stderr)  # noqa: T201 - a command line prints
        return 2
    path = revise(arguments[0], whole_schema())
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", path], check=True)  # noqa: S603 - our own words
    print(path)  # noqa: T201 - a command line prints
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

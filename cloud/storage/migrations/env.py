"""Run by Alembic for every command; works on the connection that the caller has opened.

There is no offline mode: a script that was never run against a database is not a tested script.
"""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel.sql.sqltypes import AutoString


def _plain_types(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write SQLModel's own string type as SQLAlchemy's, so that revisions need no SQLModel."""
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes.get("metadata"),
    render_as_batch=True,  # SQLite changes a table by copying it
    render_item=_plain_types,
    compare_type=True,
)
context.run_migrations()

"""Where the tables are. The list is written down, so that a forgotten import cannot drop a table.

Each module is imported by name only when the whole schema is wanted: by a new revision, and by
tests. Storage itself stands below all of them and knows none.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Final

from sqlalchemy import MetaData
from sqlmodel import SQLModel

TABLE_MODULES: Final = (
    "cloud.organisation.tables",
    "cloud.access.tables",
    "cloud.ledger.tables",
    "cloud.devices.tables",
    "cloud.sales.tables",
    "cloud.footfall.tables",
    "cloud.capture.tables",
    "cloud.members.tables",
    "cloud.cards.tables",
    "cloud.ingest.tables",
    "cloud.ingest.alarms.tables",
)


def whole_schema(modules: Sequence[str] = TABLE_MODULES) -> MetaData:
    """The cloud's tables, all of them, after importing the modules that declare them."""
    for module in modules:
        import_module(module)
    return SQLModel.metadata

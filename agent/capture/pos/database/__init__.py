"""A till's own database, read and never written: uniCenta oPOS, KriolOS POS and relatives.

A ``DatabaseProfile`` says which table and column is what. ``DatabaseReader`` makes sales of rows,
``DatabasePoller`` finds what is new or changed, and ``DatabaseFollower`` does so in a thread of its
own; ``database_follower`` puts them together. SQLAlchemy is loaded by the last one alone.
"""

from agent.capture.pos.database.building import database_follower
from agent.capture.pos.database.following import (
    DatabaseFollower,
    DatabaseStatus,
    QuarantinedReceipts,
)
from agent.capture.pos.database.polling import (
    DatabasePoller,
    PollingSettings,
    PollingStatus,
    Receipts,
    TillDatabaseUnreachable,
)
from agent.capture.pos.database.profile import DatabaseProfile
from agent.capture.pos.database.reading import DatabaseReader, with_currency
from agent.capture.pos.database.stored import StoredReceipt
from agent.capture.pos.database.watermark import Watermark, WatermarkFile

__all__ = [
    "DatabaseFollower",
    "DatabasePoller",
    "DatabaseProfile",
    "DatabaseReader",
    "DatabaseStatus",
    "PollingSettings",
    "PollingStatus",
    "QuarantinedReceipts",
    "Receipts",
    "StoredReceipt",
    "TillDatabaseUnreachable",
    "Watermark",
    "WatermarkFile",
    "database_follower",
    "with_currency",
]

"""The table of alarms: those that stand, and those that are over."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, Column, Index, Table, text
from sqlmodel import Field, SQLModel

from cloud.storage.columns import BIG_KEY


class AlarmRow(SQLModel, table=True):
    """One alarm, from when it was raised; at most one of a kind stands for one thing.

    Attributes:
        about: what it concerns: a device's or a worker's name, empty for the service as a whole.
        tenant, store, device: where that is; None for what concerns everybody.
        seen_ms: when its cause was last seen, to a minute.
        times: how often it has happened since it was raised.
        mark: the newest evidence in it, so that nothing is told twice; 0 where a state is told.
        facts: a JSON object of words and numbers; nothing personal.
        acknowledged_by: who has seen it, as the audit names them; None while nobody has.
    """

    __tablename__ = "alarm"
    __table_args__: ClassVar[Any] = (
        Index(
            "alarm_standing",
            "kind",
            "about",
            unique=True,
            sqlite_where=text("over_ms IS NULL"),
            postgresql_where=text("over_ms IS NULL"),
        ),
        Index("alarm_of_device", "device"),
        Index("alarm_mark", "kind", "mark"),
    )

    id: int | None = Field(default=None, sa_column=Column(BIG_KEY, primary_key=True))
    kind: str
    about: str
    tenant: str | None
    store: str | None
    device: str | None
    since_ms: int = Field(sa_type=BigInteger)
    seen_ms: int = Field(sa_type=BigInteger)
    times: int = Field(sa_type=BigInteger)
    mark: int = Field(sa_type=BigInteger)
    facts: str
    acknowledged_ms: int | None = Field(default=None, sa_type=BigInteger)
    acknowledged_by: str | None = None
    over_ms: int | None = Field(default=None, sa_type=BigInteger)


ALARM: Final[Table] = SQLModel.metadata.tables["alarm"]

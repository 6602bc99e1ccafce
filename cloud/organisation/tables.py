"""The tables of this package. Times are integer milliseconds since 1970, UTC."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Table
from sqlmodel import Field, SQLModel


class TenantRow(SQLModel, table=True):
    """A retailer; written when its first store is."""

    __tablename__ = "tenant"

    tenant: str = Field(primary_key=True)
    created_ms: int = Field(sa_type=BigInteger)


class StoreRow(SQLModel, table=True):
    """A shop of a retailer; see ``facts.Store`` for the columns."""

    __tablename__ = "store"

    tenant: str = Field(primary_key=True, foreign_key="tenant.tenant")
    store: str = Field(primary_key=True)
    name: str
    timezone: str
    currency: str
    phone_region: str
    created_ms: int = Field(sa_type=BigInteger)
    day_begins_hour: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


TENANT: Final[Table] = SQLModel.metadata.tables["tenant"]
STORE: Final[Table] = SQLModel.metadata.tables["store"]

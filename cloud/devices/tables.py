"""The tables of this package. Secrets are here as hashes only; times are milliseconds UTC."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, Table
from sqlmodel import Field, SQLModel

from cloud.storage.columns import BIG_KEY


class DeviceRow(SQLModel, table=True):
    """A device that is or was enrolled. Its name is unique over all tenants of one broker.

    Attributes:
        bcrypt, pbkdf2: the login's secret, in the forms of both brokers.
        version: grows with every enrolment, rotation and revocation of any device; the greatest
            one tells other processes that the list of logins changed.
    """

    __tablename__ = "device"
    __table_args__: ClassVar[Any] = (
        ForeignKeyConstraint(["tenant", "store"], ["store.tenant", "store.store"]),
        Index("device_of_store", "tenant", "store"),
        Index("device_version", "version"),
    )

    device: str = Field(primary_key=True)
    tenant: str
    store: str
    kind: str
    bcrypt: str
    pbkdf2: str
    version: int = Field(sa_type=BigInteger)
    enrolled_ms: int = Field(sa_type=BigInteger)
    revoked_ms: int | None = Field(default=None, sa_type=BigInteger)


class DeviceStatusRow(SQLModel, table=True):
    """What a device last said of itself; one row from its enrolment on.

    Attributes:
        birth: id of the newest connection heard of, empty for none.
        closed_birth: id of the connection whose end was heard of last; see ``presence``.
        last_state_ms: when it went online or offline.
        last_heartbeat_ms: when its last heartbeat arrived here.
        heartbeat: that heartbeat as JSON; empty before the first.
        skew_ms: by how much its clock was ahead of ours then; None before the first and where its
            boot's clock could not be read.
        clock_quality: what the device thought of its clock then; empty before the first.
    """

    __tablename__ = "device_status"

    device: str = Field(primary_key=True, foreign_key="device.device")
    online: bool = False
    birth: str = ""
    closed_birth: str = ""
    bootid: str = ""
    agent_version: str = ""
    started_ms: int | None = Field(default=None, sa_type=BigInteger)
    last_birth_ms: int | None = Field(default=None, sa_type=BigInteger)
    last_state_ms: int | None = Field(default=None, sa_type=BigInteger)
    last_heartbeat_ms: int | None = Field(default=None, sa_type=BigInteger)
    heartbeat: str = ""
    skew_ms: int | None = Field(default=None, sa_type=BigInteger)
    clock_quality: str = ""


class DeviceBootRow(SQLModel, table=True):
    """What is known of the clock of one boot of a device; ``clock`` is a ``BootClock`` as JSON.

    Not derived from the ledger: births are in it too, and times that were told must stand. Rows
    go with a device that is enrolled anew, and beyond 32 boots the ones heard of longest ago.
    """

    __tablename__ = "device_boot"

    device: str = Field(primary_key=True)
    bootid: str = Field(primary_key=True)
    clock: str
    heard_ms: int = Field(sa_type=BigInteger)


class DeviceTwinRow(SQLModel, table=True):
    """What the cloud wants of a device, and what the device says it is; documents are JSON."""

    __tablename__ = "device_twin"

    device: str = Field(primary_key=True, foreign_key="device.device")
    reported_version: int = Field(default=0, sa_type=BigInteger)
    reported: str = "{}"
    desired_version: int = Field(default=0, sa_type=BigInteger)
    desired: str = "{}"


class DeviceBirthRow(SQLModel, table=True):
    """A connection of a device as its birth told of it, and what was odd; see ``births``.

    Attributes:
        number: grows with every birth that is noted; who follows it passes none by.
        started: when the agent's process began, as it says: with the boot id it names a process.
        monotonic_ms: how old the boot was then; None where it cannot be read.
        epochs: the outbox epochs that it named, parted by blanks.
        other: the other process (``boot id/started``) that lives under this name; empty for none.
        shared: an epoch that it has in common with another box; empty for none.
        owner: the device whose epoch that is, this one or another; empty for none.
        behind: so many events stand in the ledger that its outbox has not yet numbered.
        forgotten: so many events were acknowledged to it by this very ledger, which lacks them.
        forgotten_of: whose these are, such as ``sale, telemetry``.
    """

    __tablename__ = "device_birth"
    __table_args__: ClassVar[Any] = (
        Index("device_birth_once", "device", "birth", unique=True),
        Index("device_birth_by_number", "device", "number"),
    )

    number: int | None = Field(default=None, sa_column=Column(BIG_KEY, primary_key=True))
    device: str
    birth: str
    bootid: str
    started: str
    monotonic_ms: int | None = Field(default=None, sa_type=BigInteger)
    epochs: str
    at_ms: int = Field(sa_type=BigInteger)
    other: str = ""
    shared: str = ""
    owner: str = ""
    behind: int = Field(default=0, sa_type=BigInteger)
    forgotten: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    forgotten_of: str = Field(default="", sa_column_kwargs={"server_default": ""})


class DeviceEpochRow(SQLModel, table=True):
    """An epoch that a device has named as its own; an epoch is random, so two never agree."""

    __tablename__ = "device_epoch"

    epoch: str = Field(primary_key=True)
    device: str = Field(primary_key=True)


class DeviceClaimRow(SQLModel, table=True):
    """Whose an epoch of a device is: the last birth that was heard under it; see ``lineage``."""

    __tablename__ = "device_claim"

    device: str = Field(primary_key=True)
    epoch: str = Field(primary_key=True)
    birth: str
    at_ms: int = Field(sa_type=BigInteger)


class DeviceNoticeRow(SQLModel, table=True):
    """An entry of the ledger by which a device tells of a loss, or that met other content.

    Attributes:
        told: a ``Told``.
        stream: whose sequences it is about; empty for a whole epoch.
        reason: one of the few words that we know.
        events: how many events are concerned.
    """

    __tablename__ = "device_notice"

    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    tenant: str
    store: str
    device: str
    told: str
    stream: str
    reason: str
    events: int = Field(sa_type=BigInteger)
    at_ms: int = Field(sa_type=BigInteger)


DEVICE: Final[Table] = SQLModel.metadata.tables["device"]
DEVICE_BOOT: Final[Table] = SQLModel.metadata.tables["device_boot"]
DEVICE_STATUS: Final[Table] = SQLModel.metadata.tables["device_status"]
DEVICE_TWIN: Final[Table] = SQLModel.metadata.tables["device_twin"]
DEVICE_BIRTH: Final[Table] = SQLModel.metadata.tables["device_birth"]
DEVICE_EPOCH: Final[Table] = SQLModel.metadata.tables["device_epoch"]
DEVICE_CLAIM: Final[Table] = SQLModel.metadata.tables["device_claim"]
DEVICE_NOTICE: Final[Table] = SQLModel.metadata.tables["device_notice"]

"""The registry of devices: ingest's questions about them, and who may log in.

Implements the ``Devices`` port of ``cloud.ingest``. A question per message must cost nothing, so
the enrolled paths are kept in memory and compared with the database once a second at most: what
another process enrolled is known here within that time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Final

import bcrypt
from sqlalchemy import Engine, select

from cloud.access.audit import Action, Actor, AuditLog
from cloud.broker.logins import DeviceLogin
from cloud.broker.secret_hash import RandomBytes, hash_secret, new_secret
from cloud.devices import births, enrolment, lineage, presence, twins
from cloud.devices.facts import Device, DeviceKind, Enrolled
from cloud.devices.tables import DEVICE
from cloud.devices.timekeeping import heard_birth
from cloud.errors import TransientError
from cloud.storage import read, write
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.wire.birth import Birth, State
from models.wire.envelope import monotonic_ms
from models.wire.ids import DeviceId, DevicePath, StoreId, TenantId
from models.wire.twin import Desired, Reported

_LOG = get_logger(__name__)
_FRESH_S: Final = 1.0
_LONGEST_SECRET: Final = 72
"""Bytes that bcrypt reads; our secrets have 43."""


class Registry:
    """Enrols devices and knows them. Safe for several threads and processes."""

    def __init__(
        self, engine: Engine, audit: AuditLog, *, clock: Clock, random: RandomBytes
    ) -> None:
        """Reads the devices once; the tables must be there."""
        self._engine = engine
        self._audit = audit
        self._clock = clock
        self._random = random
        self._listeners: list[Callable[[], None]] = []
        self._announcing = threading.Lock()
        self._version = -1
        self._paths: frozenset[DevicePath] = frozenset()
        self._read_at_s = 0.0
        self._refresh()
        self._announced = self._version

    # What ingest asks and tells

    def is_enrolled(self, path: DevicePath) -> bool:
        """Whether this device may speak for this store."""
        if self._clock.monotonic_s() - self._read_at_s >= _FRESH_S:
            self._refresh()
        return path in self._paths

    def born(self, path: DevicePath, birth: Birth, at: datetime, *, retained: bool = False) -> bool:
        """A device has connected; whether another box was born under its name meanwhile.

        Idempotent per birth id.

        Each time it is heard it is a sample of the device's clock; one that comes late, such as a
        retained one, only adds nothing.
        """
        oddity = births.Oddity()
        with write(self._engine) as connection:
            if presence.is_news(connection, path, birth):
                oddity = births.note(connection, path, birth, at, retained=retained)
            if presence.born(connection, path, birth, at):
                heard_birth(
                    connection, path.device, birth.bootid, monotonic_ms(birth.monotonic), at
                )
        return bool(oddity.other)

    def claimed(self, path: DevicePath, birth: Birth, at: datetime) -> list[str]:
        """Whose the epochs of a birth are; those of another copy of its outbox. Idempotent."""
        with write(self._engine) as connection:
            forked = lineage.claim(connection, path.device, birth, at)
        if forked:
            _LOG.warning("outbox_copied", device=path.prefix, birth=birth.birth, epochs=forked)
        return forked

    def state_changed(self, path: DevicePath, state: State, at: datetime) -> None:
        """A device is online, or its will was spoken; a late will harms no newer connection."""
        with write(self._engine) as connection:
            presence.state_changed(connection, path, state, at)

    def reported(self, path: DevicePath, reported: Reported, at: datetime) -> Desired | None:  # noqa: ARG002 - the port's; a twin has no time of its own yet
        """A device says what it is; older versions are ignored. What it lacks is returned."""
        with write(self._engine) as connection:
            twins.report(connection, path.device, reported)
            return twins.owed(connection, path.device, reported)

    # Who may log in

    def enrol(
        self, tenant: TenantId, store: StoreId, device: DeviceId, kind: DeviceKind, actor: Actor
    ) -> Enrolled:
        """Let a device log in; returns its secret, this once.

        Raises:
            NotFound: there is no such store.
            Conflict: the name is taken.
        """
        path = DevicePath(tenant, store, device)
        secret = new_secret(self._random)
        hashed = hash_secret(secret, self._random)
        with write(self._engine) as connection:
            enrolment.enrol(connection, path, kind, hashed, self._clock.now())
            self._audit.note(connection, actor, Action.DEVICE_ENROLLED, f"device:{device}")
        self.announce()
        return Enrolled(path, secret)

    def rotate(self, device: DeviceId, actor: Actor) -> Enrolled:
        """Give a device another secret; its present connection ends.

        Raises:
            NotFound: no such device may log in.
        """
        secret = new_secret(self._random)
        hashed = hash_secret(secret, self._random)
        with write(self._engine) as connection:
            path = enrolment.rotate(connection, device, hashed)
            self._audit.note(connection, actor, Action.DEVICE_ROTATED, f"device:{device}")
        self.announce()
        return Enrolled(path, secret)

    def revoke(self, device: DeviceId, actor: Actor) -> None:
        """End a device's login and connection; what it recorded stays.

        Raises:
            NotFound: no such device may log in.
        """
        with write(self._engine) as connection:
            enrolment.revoke(connection, device, self._clock.now())
            self._audit.note(connection, actor, Action.DEVICE_REVOKED, f"device:{device}")
        self.announce()

    def find(self, device: DeviceId) -> Device | None:
        """One device, revoked or not; None when the name was never enrolled."""
        with read(self._engine) as connection:
            return enrolment.find(connection, device)

    def logins(self) -> list[DeviceLogin]:
        """The logins of all devices that may log in, for the broker."""
        with read(self._engine) as connection:
            return enrolment.logins(connection)

    def admit(self, device: str, secret: str) -> DevicePath | None:
        """The device that shows this login, None when it is wrong. Over HTTP Basic, for catch-up.

        The stored bcrypt has the lowest cost (see ``cloud.broker.secret_hash``): about 1 ms.
        """
        if len(secret.encode()) > _LONGEST_SECRET or "\x00" in secret:
            return None
        query = select(DEVICE).where(DEVICE.c.device == device, DEVICE.c.revoked_ms.is_(None))
        with read(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None or not bcrypt.checkpw(secret.encode(), row.bcrypt.encode()):
            return None
        return enrolment.path_of(row)

    # Who wants to know

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after every change of the logins, one call at a time.

        It runs on the thread that made the change and may block; it asks ``logins`` itself. When
        it raises a TransientError it is called again by the next ``announce``.
        """
        self._listeners.append(listener)

    def announce(self) -> bool:
        """Tell the listeners when the logins changed since they were last told; True if so.

        Call it now and then: changes made by another process are noticed here.
        """
        with self._announcing:
            self._refresh()
            version = self._version
            if version == self._announced:
                return False
            try:
                for listener in self._listeners:
                    listener()
            except TransientError as error:
                _LOG.warning("device_logins_not_applied", reason=str(error), next="tried again")
                return False
            self._announced = version
            return True

    def _refresh(self) -> None:
        now_s = self._clock.monotonic_s()
        with read(self._engine) as connection:
            version = enrolment.newest_version(connection)
            if version != self._version:
                live = enrolment.logins(connection)
                self._paths = frozenset(login.path for login in live)
                self._version = version
        self._read_at_s = now_s

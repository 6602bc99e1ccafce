"""A cloud's lower parts on a database of its own in a folder: clock, keys, audit, stores, devices.

    office = BackOffice(tmp_path)
    office.open_store("sh-0001")
    secret = office.registry.enrol(...).secret

Randomness is seeded and passwords are hashed at the lowest cost, so that tests are quick and equal.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from argon2 import PasswordHasher

from cloud.access import ApiTokens, AuditLog, ConsolePassword, Door, SessionLife, Sessions
from cloud.access.audit import Actor
from cloud.access.throttle import Patience, Throttle
from cloud.access.typed_secret import TypedSecrets
from cloud.devices import DeviceKind, Enrolled, Fleet, Registry
from cloud.organisation import Store, ensure_store
from cloud.storage import write
from models.runtime.clock import Clock
from models.vault.master import MasterKey
from models.wire.ids import DevicePath, StoreId, TenantId
from tests.simulators.clocks import HandClock
from tests.simulators.databases import Databases, SqliteDatabases
from tests.simulators.facts import SHOP

TENANT = TenantId("demo")
STORE = StoreId("sh-0001")
TERMINAL = Actor("terminal")
OURS = ("cloud.organisation.tables", "cloud.access.tables", "cloud.devices.tables")


class BackOffice:
    """The parts, each made once. Close it at the end."""

    def __init__(
        self,
        folder: Path,
        modules: Sequence[str] = OURS,
        *,
        seed: int = 7,
        clock: Clock | None = None,
        databases: Databases | None = None,
    ) -> None:
        """On SQLite, and the clock stands still and is moved by hand, where none is given."""
        self.hand = HandClock()
        self.clock: Clock = clock or self.hand
        self.random = random.Random(seed).randbytes
        self.engine = (databases or SqliteDatabases()).open(folder, modules)
        self.master = MasterKey(self.random(32))
        self.audit = AuditLog(self.master.derive("lianke audit chain"), self.clock)
        self.secrets = TypedSecrets(
            PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), self.random
        )
        self.password = ConsolePassword(
            self.engine, self.audit, self.secrets, clock=self.clock, random=self.random
        )
        self.sessions = Sessions(
            self.engine, clock=self.clock, random=self.random, life=SessionLife()
        )
        self.throttle = Throttle(self.clock, Patience())
        self.door = Door(self.engine, self.password, self.sessions, self.throttle, self.audit)
        self.tokens = ApiTokens(self.engine, self.audit, clock=self.clock, random=self.random)
        self.registry = Registry(self.engine, self.audit, clock=self.clock, random=self.random)
        self.fleet = Fleet(self.engine, self.clock)

    def another_registry(self) -> Registry:
        """A registry as another process would have it, over the same database."""
        return Registry(self.engine, self.audit, clock=self.clock, random=self.random)

    def open_store(
        self, store: str = STORE, tenant: str = TENANT, name: str = "人民广场店"
    ) -> Store:
        """Write a store down."""
        facts = Store(
            tenant=TenantId(tenant),
            store=StoreId(store),
            name=name,
            timezone="Asia/Shanghai",
            currency="CNY",
            phone_region="CN",
        )
        with write(self.engine) as connection:
            ensure_store(connection, facts, self.clock.now())
        return facts

    def enrol(self, path: DevicePath = SHOP, kind: DeviceKind = DeviceKind.POS) -> Enrolled:
        """Let a device log in."""
        return self.registry.enrol(path.tenant, path.store, path.device, kind, TERMINAL)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

"""What every process of the cloud stands on: keys, database, ledger, registry.

``serve``, ``ingest``, ``project`` and every command of the command line build the same foundations
from the same configuration, so that they can run together in one process or apart.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from argon2 import PasswordHasher
from sqlalchemy import Engine

from cloud.access import ApiTokens, AuditLog, ConsolePassword
from cloud.access.typed_secret import TypedSecrets
from cloud.capture import CaptureFold
from cloud.cards import CardFeed, CardsFold
from cloud.config import CloudConfig, StorageSettings
from cloud.devices import BootClocks, Fleet, HeartbeatFold, NoticeFold, OperatorKeys, Registry
from cloud.errors import BadConfiguration
from cloud.footfall import FootfallFold
from cloud.ingest.alarms import CloudAlarms
from cloud.ingest.alarms.lookout import Lookout
from cloud.ingest.deadletters import DeadLetters
from cloud.ledger.journal import Journal
from cloud.ledger.projection import Follower
from cloud.members import Directory, MembersFold
from cloud.sales import Figures, SalesFold
from cloud.storage import open_engine
from cloud.storage.migrations import check, upgrade
from models.runtime.clock import Clock, SystemClock
from models.vault.blob import BlobSealer
from models.vault.keyring import Keyring
from models.vault.master import MasterKey, load_or_create
from models.vault.seal import Sealer

VIEWS = "views"
"""Makes heartbeats, notices, sales, footfall, the quarantine, members and cards, in this order."""

DATABASE_PASSWORD_VARIABLE = "LIANKE_DATABASE_PASSWORD"  # noqa: S105 - its name, not its value

_STEP = 200
"""Entries folded in one transaction: on SQLite ingest waits for it, 0.1 s at most."""


@dataclass(frozen=True, slots=True)
class Foundations:
    """The parts that all others are built from. Close them last."""

    config: CloudConfig
    clock: Clock
    master: MasterKey
    engine: Engine
    journal: Journal
    audit: AuditLog
    password: ConsolePassword
    tokens: ApiTokens
    registry: Registry
    operator_keys: OperatorKeys
    fleet: Fleet
    figures: Figures
    directory: Directory
    cards: CardFeed
    dead_letters: DeadLetters
    alarms: CloudAlarms
    views: Follower
    closing: ExitStack

    @classmethod
    def lay(cls, config: CloudConfig, *, may_upgrade: bool, clock: Clock | None = None) -> Self:
        """Open keys and database and put the parts together.

        Args:
            config: all of it.
            may_upgrade: bring the database to this version's schema; otherwise only check it.
            clock: the machine's own where None.

        Raises:
            MasterKeyUnusable: the key file is damaged or readable by others.
            SchemaMismatch: the database is of another version; the message says what to run.
            DatabaseUnavailable, BadConfiguration: as the storage says.
        """
        with ExitStack() as opened:
            parts = cls._lay(config, clock or SystemClock(), opened, may_upgrade=may_upgrade)
            opened.pop_all()
        return parts

    @classmethod
    def _lay(
        cls, config: CloudConfig, clock: Clock, opened: ExitStack, *, may_upgrade: bool
    ) -> Self:
        storage = config.storage
        storage.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        master = load_or_create(storage.master_key_file)
        keyring = Keyring(storage.keyring_file, master)
        opened.callback(keyring.close)
        engine = _open_database(storage, may_upgrade=may_upgrade)
        opened.callback(engine.dispose)
        letters = BlobSealer(master, "dead letter")
        journal = Journal(engine, Sealer(keyring), letters, clock, timekeeper=BootClocks())
        audit = AuditLog(master.derive("lianke audit chain"), clock)
        blobs = BlobSealer(master, "card")
        folds = (
            HeartbeatFold(),
            NoticeFold(),
            SalesFold(),
            FootfallFold(),
            CaptureFold(),
            MembersFold(keyring),
            CardsFold(keyring, blobs),
        )
        return cls(
            config=config,
            clock=clock,
            master=master,
            engine=engine,
            journal=journal,
            audit=audit,
            password=ConsolePassword(
                engine,
                audit,
                TypedSecrets(PasswordHasher(), os.urandom),
                clock=clock,
                random=os.urandom,
            ),
            tokens=ApiTokens(engine, audit, clock=clock, random=os.urandom),
            registry=Registry(engine, audit, clock=clock, random=os.urandom),
            operator_keys=OperatorKeys(master),
            fleet=Fleet(engine, clock),
            figures=Figures(engine),
            directory=Directory(engine, keyring),
            cards=CardFeed(engine, keyring, blobs),
            dead_letters=DeadLetters(engine, letters, journal, clock),
            alarms=CloudAlarms(engine, clock),
            views=Follower(engine, journal, VIEWS, folds, batch=_STEP),
            closing=opened.pop_all(),
        )

    def lookout(self) -> Lookout:
        """Somebody who looks for reasons to raise an alarm."""
        lease_s = self.config.ingest.lease_s
        return Lookout(self.engine, self.fleet, self.alarms, self.clock, lease_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.close()


def _open_database(storage: StorageSettings, *, may_upgrade: bool) -> Engine:
    engine = open_engine(storage.database_url, database_password(storage))
    if may_upgrade:
        upgrade(engine)
    else:
        check(engine)
    return engine


def database_password(
    storage: StorageSettings, environment: Mapping[str, str] = os.environ
) -> str | None:
    """The database's password where one is given; raises BadConfiguration for a file unread.

    None leaves it to libpq: a socket that knows its user, a client certificate, or ``~/.pgpass``.
    """
    given, file = environment.get(DATABASE_PASSWORD_VARIABLE), storage.password_file
    if given or file is None:
        return given or None
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadConfiguration(f"storage.password_file {file}: {error.strerror}") from error


def broker_folder(config: CloudConfig) -> Path:
    """Where the embedded broker keeps its state."""
    return config.storage.data_dir / "broker"

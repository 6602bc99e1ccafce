"""The cloud's configuration: one frozen dataclass per part, read once at start.

Without a file everything has a default that serves one machine. Secrets are never in the file: the
environment or files of mode 0600 hold them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cloud.errors import BadConfiguration
from models.runtime.settings import SettingsError, load
from models.wire.ids import PARTS
from models.wire.ranges import from_sequences

LOGIN_PREFIX: Final = "_cloud-"
"""Of the cloud's logins at a broker; no device's name begins so."""

_RUN: Final = re.compile(r"([0-9]{1,3})(?:-([0-9]{1,3}))?")
_WORKER: Final = re.compile(r"[a-z0-9-]{1,41}")


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """Where the data lies.

    Attributes:
        data_dir: database, broker state.
        keys_dir: the master key and the keyring; never on the same backup as data_dir.
        url: ``postgresql://user@host/database``; empty means SQLite in data_dir. Without a
            password: this file holds no secrets.
        password_file: holds the password for url; LIANKE_DATABASE_PASSWORD takes precedence.
    """

    data_dir: Path = Path("lianke-data")
    keys_dir: Path = Path("lianke-keys")
    url: str = ""
    password_file: Path | None = None

    def __post_init__(self) -> None:
        """A URL is shown in messages and logs, so no password may be in it."""
        if urlsplit(self.url).password is not None:
            raise ValueError("storage.url holds a password; put it into storage.password_file")

    @property
    def database_url(self) -> str:
        """The URL to open."""
        return self.url or f"sqlite:///{self.data_dir.absolute() / 'cloud.sqlite3'}"

    @property
    def master_key_file(self) -> Path:
        """The key that wraps all others."""
        return self.keys_dir / "master.key"

    @property
    def keyring_file(self) -> Path:
        """One key per identifier."""
        return self.keys_dir / "keyring.sqlite3"


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """The broker that shops connect to.

    Attributes:
        embedded: run one of our own as a child process.
        host: what the embedded broker listens on; 0.0.0.0 for shops outside this machine.
        port: its port; 0 takes a free one.
        tls_certificate_file: makes the embedded broker speak TLS, with tls_key_file.
        tls_key_file: the key of that certificate.
        url: the broker to use when not embedded, ``mqtt://host:port`` or ``mqtts://host:port``.
        user: our login there; its name begins with ``_cloud-``. The rest is the worker's name: no
            two processes may work under one.
        password_file: holds that login's password; LIANKE_BROKER_PASSWORD takes precedence.
        tls_ca_file: authorities for mqtts; the system's when absent.
        workers: names of ingest workers in other processes that the embedded broker shall let in
            as ``_cloud-<name>``, with the password of ``password_file``.
    """

    embedded: bool = True
    host: str = "127.0.0.1"
    port: int = 1883
    tls_certificate_file: Path | None = None
    tls_key_file: Path | None = None
    url: str = ""
    user: str = "_cloud-ingest"
    password_file: Path | None = None
    tls_ca_file: Path | None = None
    workers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """A broker of somebody else's has an address, and every worker a usable name."""
        if not self.embedded and not self.url:
            raise ValueError("broker.url is needed when broker.embedded is false")
        for name in (self.worker, *self.workers):
            if not _WORKER.fullmatch(name):
                raise ValueError(f"{name!r} is not a worker's name: use 1-41 of a-z, 0-9 and '-'")

    @property
    def worker(self) -> str:
        """The name under which this process works."""
        return self.user.removeprefix(LOGIN_PREFIX)


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """How events are taken in.

    Attributes:
        parts: which of the 64 parts this worker may serve, such as ``0-63`` or ``0-15,32``; of
            these it takes an even share with the other workers.
        lease_s: a worker that has not been heard of for so long has lost its parts to the others.
        group_events: events committed together at most.
        group_ms: how long a group waits for more; while one is committed the next grows anyway.
    """

    parts: str = "0-63"
    lease_s: float = 6.0
    group_events: int = 1000
    group_ms: float = 0.0

    def __post_init__(self) -> None:
        """Refuse parts that do not exist, and leases that end between two renewals."""
        _ = self.part_numbers
        if self.lease_s < 1:
            raise ValueError(f"ingest.lease_s {self.lease_s:g}: at least 1 s")

    @property
    def part_numbers(self) -> tuple[int, ...]:
        """The parts as numbers; raises ValueError."""
        try:
            return read_parts(self.parts)
        except ValueError as error:
            raise ValueError(f"ingest.parts {error}") from error


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """How an ingest worker tells that it is well: ``/healthz``, ``/readyz`` and ``/metrics``.

    Attributes:
        enabled: listen at all.
        host: whoever can reach it may read it, so let no shop or person reach it.
        port: TCP port; 0 takes a free one, which the log and ``lianke-cloud status`` name.
        hung_after_s: a loop that is in one piece of work for longer than this counts as hung, and
            ``/healthz`` says so. Nothing takes a tenth of it; a database that is away or locked is
            no such work, since every wait for it ends after some seconds and is tried again.
    """

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = 0
    hung_after_s: float = 120.0


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """API and console.

    Attributes:
        host: 127.0.0.1 for this machine alone.
        port: TCP port; 0 takes a free one.
    """

    host: str = "127.0.0.1"
    port: int = 8080


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """Which parts ``lianke-cloud serve`` runs in this process.

    Attributes:
        ingest: take events from the broker.
        project: follow the ledger: sales, members, cards.
        http: API and console.
        projector_poll_s: how often the projector looks at the ledger unasked.
        projector_rest_s: its pause after every step, so that single sales are folded together.
    """

    ingest: bool = True
    project: bool = True
    http: bool = True
    projector_poll_s: float = 0.25
    projector_rest_s: float = 0.05


@dataclass(frozen=True, slots=True)
class CloudConfig:
    """All of it."""

    storage: StorageSettings = field(default_factory=StorageSettings)
    broker: BrokerSettings = field(default_factory=BrokerSettings)
    ingest: IngestSettings = field(default_factory=IngestSettings)
    health: HealthSettings = field(default_factory=HealthSettings)
    http: HttpSettings = field(default_factory=HttpSettings)
    serve: ServeSettings = field(default_factory=ServeSettings)
    log_level: str = "INFO"


def read_parts(text: str) -> tuple[int, ...]:
    """Parts as numbers, sorted, from ``0-15,32``; raises ValueError."""
    numbers: set[int] = set()
    for piece in text.split(","):
        run = _RUN.fullmatch(piece.strip())
        if run is None:
            raise ValueError(f"{text!r}: write ranges such as 0-63")
        numbers.update(range(int(run[1]), int(run[2] or run[1]) + 1))
    if not numbers <= set(range(PARTS)):
        raise ValueError(f"{text!r}: parts are 0 to {PARTS - 1}")
    return tuple(sorted(numbers))


def spell_parts(numbers: Iterable[int]) -> str:
    """The opposite of ``read_parts``; empty for no parts."""
    runs = from_sequences(number + 1 for number in numbers)  # a range begins at 1, parts at 0
    return ",".join(f"{a - 1}" if a == b else f"{a - 1}-{b - 1}" for a, b in runs)


def read_config(path: Path | None) -> CloudConfig:
    """Read and check a TOML file, or take the defaults; raises BadConfiguration."""
    if path is None:
        return CloudConfig()
    try:
        return load(path, CloudConfig)
    except SettingsError as error:
        raise BadConfiguration(str(error)) from error


def as_worker(config: CloudConfig, name: str) -> CloudConfig:
    """The same under another worker's name, which is its login, too; raises BadConfiguration."""
    try:
        user = f"{LOGIN_PREFIX}{name.removeprefix(LOGIN_PREFIX)}"
        return replace(config, broker=replace(config.broker, user=user))
    except ValueError as error:
        raise BadConfiguration(f"--worker: {error}") from error

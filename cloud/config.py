"""The cloud's configuration: one frozen dataclass per part, read once at start.

Without a file everything has a default that serves one machine. Secrets are never in the file: the
environment or files of mode 0600 hold them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cloud.errors import BadConfiguration
from models.runtime.settings import SettingsError, load
from models.wire.ids import PARTS


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """Where the data lies.

    Attributes:
        data_dir: database, broker state.
        keys_dir: the master key and the keyring; never on the same backup as data_dir.
        url: SQLAlchemy URL of the database; empty means SQLite in data_dir.
    """

    data_dir: Path = Path("lianke-data")
    keys_dir: Path = Path("lianke-keys")
    url: str = ""

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
        user: our login there; its name begins with ``_cloud-``.
        password_file: holds that login's password; LIANKE_BROKER_PASSWORD takes precedence.
        tls_ca_file: authorities for mqtts; the system's when absent.
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

    def __post_init__(self) -> None:
        """A broker of somebody else's has an address."""
        if not self.embedded and not self.url:
            raise ValueError("broker.url is needed when broker.embedded is false")


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """How events are taken in.

    Attributes:
        parts: which of the 64 parts this worker serves, such as ``0-63`` or ``0-15,32``.
        group_events: events committed together at most.
        group_ms: how long a group waits for more.
    """

    parts: str = "0-63"
    group_events: int = 1000
    group_ms: float = 5.0

    def __post_init__(self) -> None:
        """Refuse parts that do not exist."""
        _ = self.part_numbers

    @property
    def part_numbers(self) -> tuple[int, ...]:
        """The parts as numbers; raises ValueError."""
        numbers: set[int] = set()
        for piece in self.parts.split(","):
            first, _, last = piece.strip().partition("-")
            if not first.isdigit() or not (last or first).isdigit():
                raise ValueError(f"ingest.parts {self.parts!r}: write ranges such as 0-63")
            numbers.update(range(int(first), int(last or first) + 1))
        if not numbers <= set(range(PARTS)):
            raise ValueError(f"ingest.parts {self.parts!r}: parts are 0 to {PARTS - 1}")
        return tuple(sorted(numbers))


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
    http: HttpSettings = field(default_factory=HttpSettings)
    serve: ServeSettings = field(default_factory=ServeSettings)
    log_level: str = "INFO"


def read_config(path: Path | None) -> CloudConfig:
    """Read and check a TOML file, or take the defaults; raises BadConfiguration."""
    if path is None:
        return CloudConfig()
    try:
        return load(path, CloudConfig)
    except SettingsError as error:
        raise BadConfiguration(str(error)) from error

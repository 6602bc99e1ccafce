"""The whole configuration as it is read from the file, and where a box keeps what."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from agent.config.cameras import CameraSettings, SetupSettings, VisionSettings, check_cameras
from agent.config.databases import TillDatabaseSettings
from agent.config.device import DeviceSettings
from agent.config.line import BrokerSettings, CloudSettings, SyncSettings
from agent.config.odoo import OdooSettings
from agent.config.outbox import OutboxSettings
from agent.config.pages import StatusSettings, TabletSettings
from agent.config.tills import (
    JournalSettings,
    PrinterTapSettings,
    PrintsSettings,
    TillSettings,
    check_doors,
    check_names,
    check_tills,
)
from agent.config.web import WebSettings
from agent.errors import BadConfiguration
from models.runtime.settings import SettingsError, load
from models.wire.topics import Stream


@dataclass(frozen=True, slots=True)
class HousekeepingSettings:
    """Regular work.

    Attributes:
        heartbeat_s: how often the device says that it lives.
        interval_s: how often settled events past their retention are removed.
        sale_days: settled sales, members, footfall and guide events are kept so long, in case the
            cloud's ledger is restored from a backup.
        other_hours: settled events of other streams are kept so long.
    """

    heartbeat_s: float = 30.0
    interval_s: float = 300.0
    sale_days: float = 7.0
    other_hours: float = 1.0

    def keep_s(self) -> dict[Stream, float]:
        """Retention of settled events per stream, in seconds."""
        long_s, short_s = self.sale_days * 86_400.0, self.other_hours * 3_600.0
        kept = {Stream.SALE, Stream.MEMBER, Stream.FOOTFALL, Stream.GUIDE}
        return {stream: long_s if stream in kept else short_s for stream in Stream}


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """All of it."""

    device: DeviceSettings
    broker: BrokerSettings = field(default_factory=BrokerSettings)
    cloud: CloudSettings = field(default_factory=CloudSettings)
    outbox: OutboxSettings = field(default_factory=OutboxSettings)
    sync: SyncSettings = field(default_factory=SyncSettings)
    till: TillSettings = field(default_factory=TillSettings)
    journal: tuple[JournalSettings, ...] = ()
    tap: tuple[PrinterTapSettings, ...] = ()
    prints: tuple[PrintsSettings, ...] = ()
    database: tuple[TillDatabaseSettings, ...] = ()
    web: tuple[WebSettings, ...] = ()
    odoo: tuple[OdooSettings, ...] = ()
    tablet: TabletSettings = field(default_factory=TabletSettings)
    status: StatusSettings = field(default_factory=StatusSettings)
    housekeeping: HousekeepingSettings = field(default_factory=HousekeepingSettings)
    camera: tuple[CameraSettings, ...] = ()
    vision: VisionSettings = field(default_factory=VisionSettings)
    setup: SetupSettings = field(default_factory=SetupSettings)
    log_level: str = "INFO"

    def __post_init__(self) -> None:
        """What concerns more than one part is checked here."""
        check_cameras(self.camera)
        check_tills(self.till.folder, self.journal, self.tap, self.prints)
        check_names(self.source_names)
        check_doors(self.web)

    @property
    def captures_sales(self) -> bool:
        """Whether there is a till's folder or any other source."""
        return self.till.folder is not None or self.has_sources

    @property
    def has_sources(self) -> bool:
        """Whether anything but the till's folder is captured from."""
        return bool(self.source_names)

    @property
    def source_names(self) -> tuple[str, ...]:
        """What the sources are called, in the order in which they are started."""
        kinds = (self.journal, self.tap, self.prints, self.database, self.web, self.odoo)
        return tuple(each.name for kind in kinds for each in kind)

    @property
    def capabilities(self) -> tuple[str, ...]:
        """Which parts run on this box, as its birth says."""
        parts = {
            "poslog": self.till.folder is not None,
            "journal": bool(self.journal),
            "tap": bool(self.tap),
            "prints": bool(self.prints),
            "database": bool(self.database),
            "web": bool(self.web),
            "odoo": bool(self.odoo),
            "tablet": self.tablet.enabled,
            "footfall": bool(self.camera),
        }
        return tuple(name for name, runs in parts.items() if runs)

    @property
    def outbox_file(self) -> Path:
        """Where the events wait."""
        return self.device.data_dir / "outbox.sqlite3"

    @property
    def replica_file(self) -> Path:
        """Where the shop's cards are kept."""
        return self.device.data_dir / "replica.sqlite3"

    @property
    def books_file(self) -> Path:
        """The till's books: which numbers were captured."""
        return self.device.data_dir / "books.sqlite3"

    @property
    def journals_folder(self) -> Path:
        """How far each journal was read."""
        return self.device.data_dir / "journals"

    @property
    def prints_folder(self) -> Path:
        """What the taps write down, until sales were made of it."""
        return self.device.data_dir / "prints"

    @property
    def cameras_file(self) -> Path:
        """How the cameras do, for those who ask beside the running agent."""
        return self.device.data_dir / "cameras.json"

    @property
    def twin_file(self) -> Path:
        """What the cloud wants of this device."""
        return self.device.data_dir / "twin-desired.json"

    @property
    def drawings_file(self) -> Path:
        """What was drawn at this device, and what became of it."""
        return self.device.data_dir / "twin-drawings.json"

    @property
    def audits_folder(self) -> Path:
        """What people marked beside the cameras' counts, and what that said of them."""
        return self.device.data_dir / "audits"

    @property
    def pin_file(self) -> Path:
        """The PIN of the set-up page, as a hash."""
        return self.device.keys_dir / "camera-setup-pin.json"

    @property
    def status_file(self) -> Path:
        """How the agent is, for those who ask beside it or after its end."""
        return self.device.data_dir / "status.json"

    @property
    def alarms_file(self) -> Path:
        """The alarms that stand, over a restart."""
        return self.device.data_dir / "alarms.json"

    @property
    def master_key_file(self) -> Path:
        """The key that wraps all others."""
        return self.device.keys_dir / "master.key"

    @property
    def operator_key_kept(self) -> Path:
        """The key of the cashiers' pseudonyms as the cloud gave it, sealed."""
        return self.device.keys_dir / "operators.key"

    @property
    def keyring_file(self) -> Path:
        """One key per identifier."""
        return self.device.keys_dir / "keyring.sqlite3"


def read_config(path: Path) -> AgentConfig:
    """Read and check the agent's TOML file; raises BadConfiguration."""
    try:
        return load(path, AgentConfig)
    except SettingsError as error:
        raise BadConfiguration(str(error)) from error

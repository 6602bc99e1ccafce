"""The agent's configuration: one frozen dataclass per part, read once at start.

Keys, defaults and units are here and nowhere else; ``docs/reference/agent-settings.md`` is
generated from this package. Secrets are never in the file: it names the files that hold them.
"""

from __future__ import annotations

from agent.config.camera_source import RECORDED, SourceKind
from agent.config.cameras import CameraSettings, SetupSettings, VisionSettings
from agent.config.databases import TillDatabaseSettings
from agent.config.device import DeviceKind, DeviceSettings
from agent.config.drawn import Drawn
from agent.config.line import (
    BrokerSettings,
    CloudSettings,
    Endpoint,
    MqttProtocol,
    SyncSettings,
    device_secret,
)
from agent.config.odoo import OdooSettings
from agent.config.outbox import OutboxSettings
from agent.config.pages import StatusSettings, TabletSettings
from agent.config.picture import LineSettings, ZoneSettings
from agent.config.settings import AgentConfig, HousekeepingSettings, read_config
from agent.config.shipped import configs_folder
from agent.config.staffing import BadgeSettings, StaffSettings
from agent.config.tills import (
    TAPS,
    JournalSettings,
    PrinterTapSettings,
    PrintsSettings,
    TillSettings,
)
from agent.config.web import WebSettings

__all__ = [
    "RECORDED",
    "TAPS",
    "AgentConfig",
    "BadgeSettings",
    "BrokerSettings",
    "CameraSettings",
    "CloudSettings",
    "DeviceKind",
    "DeviceSettings",
    "Drawn",
    "Endpoint",
    "HousekeepingSettings",
    "JournalSettings",
    "LineSettings",
    "MqttProtocol",
    "OdooSettings",
    "OutboxSettings",
    "PrinterTapSettings",
    "PrintsSettings",
    "SetupSettings",
    "SourceKind",
    "StaffSettings",
    "StatusSettings",
    "SyncSettings",
    "TabletSettings",
    "TillDatabaseSettings",
    "TillSettings",
    "VisionSettings",
    "WebSettings",
    "ZoneSettings",
    "configs_folder",
    "device_secret",
    "read_config",
]

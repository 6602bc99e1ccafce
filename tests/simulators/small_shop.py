"""The box of a small shop as tests configure it: in a folder of its own, on loopback, hurried."""

from __future__ import annotations

from pathlib import Path

from agent.config import (
    AgentConfig,
    BrokerSettings,
    DeviceSettings,
    HousekeepingSettings,
    SyncSettings,
    TabletSettings,
    TillSettings,
)
from tests.simulators.facts import SHOP

SECRET = "secret"
"""With what the box logs in at its broker."""

HURRY = SyncSettings(resend_after_s=0.5, backoff_base_s=0.01, backoff_cap_s=0.05)


def a_device(folder: Path) -> DeviceSettings:
    """The device, its data and its keys below this folder."""
    return DeviceSettings(
        tenant=SHOP.tenant,
        store=SHOP.store,
        device=SHOP.device,
        data_dir=folder / "data",
        keys_dir=folder / "keys",
    )


def a_box(folder: Path, *, profile: str = "lianke-till") -> AgentConfig:
    """A box that is enrolled and has a till's folder, which is made with the file of its secret.

    It serves its pages on any free port and is quiet: its heartbeats come once an hour.
    """
    till, secret = folder / "till", folder / "secret"
    till.mkdir()
    secret.write_text(SECRET)
    return AgentConfig(
        device=a_device(folder),
        broker=BrokerSettings(password_file=secret),
        sync=HURRY,
        till=TillSettings(folder=till, profile=profile, rescan_s=0.2, settle_s=0.2),
        tablet=TabletSettings(port=0),
        housekeeping=HousekeepingSettings(heartbeat_s=3600),
    )


def a_file(folder: Path, *more: str) -> Path:
    """A configuration file, for an agent's command line or for one in a process of its own.

    Args:
        folder: for the file, the data, the keys and the secret; none of these but the file is made.
        more: further lines of TOML.
    """
    device = a_device(folder)
    lines = [
        "[device]",
        f'tenant = "{device.tenant}"',
        f'store = "{device.store}"',
        f'device = "{device.device}"',
        f'data_dir = "{device.data_dir}"',
        f'keys_dir = "{device.keys_dir}"',
        "[broker]",
        f'password_file = "{folder / "secret"}"',
    ]
    file = folder / "agent.toml"
    file.write_text("\n".join([*lines, *more, ""]))
    return file


def a_file_with_a_camera(folder: Path, source: Path, *more: str) -> Path:
    """A configuration file without pages, whose camera ``cam`` counts at a door.

    Args:
        folder: see ``a_file``.
        source: of the camera.
        more: further settings of it, as lines of TOML.
    """
    pages = ("[tablet]", "enabled = false", "port = 0")
    camera = ("[[camera]]", 'name = "cam"', f'source = "{source}"', *more)
    door = ("[[camera.line]]", 'name = "door"', "begin = [0.5, 0.0]", "end = [0.5, 1.0]")
    return a_file(folder, *pages, *camera, *door)

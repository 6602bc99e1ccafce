"""Where a device keeps what its till has written, as its configuration says."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from agent.capture.pos.keeping import Keeping, Retention
from agent.capture.pos.profile import load_profile
from agent.config import AgentConfig, configs_folder
from models.vault.blob import BlobSealer
from models.vault.master import MasterKey


def till_files(
    config: AgentConfig, master: MasterKey, poslog_profile: str | None = None
) -> Keeping:
    """Archive and quarantine of this box.

    Args:
        config: says where, and for how long.
        master: the key under which all is sealed.
        poslog_profile: names the members' cards that may be kept; the till's where it is None.

    Raises:
        BadConfiguration: there is no such profile.
    """
    till = config.till
    return Keeping(
        config.device.data_dir,
        BlobSealer(master, "till file"),
        ZoneInfo(config.device.timezone),
        Retention(till.archive_days, till.quarantine_days),
        load_profile(configs_folder() / "till_profiles", poslog_profile or till.profile).whitelist,
    )

"""Where a device keeps what its till has written, as its configuration says."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from agent.capture.pos.keeping import Keeping, Retention
from agent.capture.pos.profile import load_profile
from agent.config import AgentConfig, configs_folder
from models.vault.blob import BlobSealer
from models.vault.master import MasterKey


def till_files(config: AgentConfig, master: MasterKey) -> Keeping:
    """Archive and quarantine of the configured till; raises BadConfiguration for its profile."""
    till = config.till
    return Keeping(
        config.device.data_dir,
        BlobSealer(master, "till file"),
        ZoneInfo(config.device.timezone),
        Retention(till.archive_days, till.quarantine_days),
        load_profile(configs_folder() / "till_profiles", till.profile).whitelist,
    )

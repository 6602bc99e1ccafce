"""Can we take what the till writes?"""

from __future__ import annotations

import os
from typing import Final

from agent.config import AgentConfig, configs_folder
from agent.health.check import Finding, Verdict

_NAME: Final = "till"


def till_folder_usable(config: AgentConfig) -> Finding:
    """The watched folder exists and files in it can be moved; the profile exists."""
    folder = config.till.folder
    if folder is None:
        return Finding(_NAME, Verdict.OK, "this box has no till")
    profile = configs_folder() / "till_profiles" / f"{config.till.profile}.toml"
    if not profile.is_file():
        return Finding(
            _NAME,
            Verdict.FAULT,
            f"till.profile {config.till.profile!r}: no file {profile}",
            "choose a profile of that folder, or add one",
        )
    if not folder.is_dir():
        return Finding(
            _NAME,
            Verdict.FAULT,
            f"{folder} does not exist",
            "point till.folder at the folder the till exports to",
        )
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Finding(
            _NAME,
            Verdict.FAULT,
            f"files in {folder} cannot be moved by this user",
            "give the agent's user write access to the folder",
        )
    return Finding(_NAME, Verdict.OK, f"{folder} with profile {config.till.profile}")

"""Do the keys lie apart from what they close?"""

from __future__ import annotations

import os
from typing import Final

from agent.config import AgentConfig
from agent.health.check import Finding, Verdict

_NAME: Final = "keys"


def keys_apart(config: AgentConfig) -> Finding:
    """The key folder is not inside the data folder, and the master key is its owner's alone."""
    keys, data = config.device.keys_dir.resolve(), config.device.data_dir.resolve()
    if keys.is_relative_to(data):
        return Finding(
            _NAME,
            Verdict.FAULT,
            f"{keys} lies inside the data folder {data}, and so in its backups",
            "set device.keys_dir to another place and move the files there",
        )
    master = config.master_key_file
    if not master.exists():
        return Finding(_NAME, Verdict.OK, f"{master} will be made at the first start")
    if os.name == "posix" and master.stat().st_mode & 0o077:
        return Finding(
            _NAME, Verdict.FAULT, f"{master} is readable by others", f"chmod 600 {master}"
        )
    return Finding(_NAME, Verdict.OK, f"{keys} is apart from {data}")

"""Can the outbox grow?"""

from __future__ import annotations

import os
import shutil
from typing import Final

from agent.config import AgentConfig
from agent.health.check import Finding, Verdict

_NAME: Final = "data_folder"
_ENOUGH_BYTES: Final = 500_000_000
"""About 400,000 sales: some weeks of a busy shop without a line."""


def data_folder_usable(config: AgentConfig) -> Finding:
    """The data folder exists, is ours to write, and has room for weeks without a line."""
    folder = config.device.data_dir
    if not folder.is_dir():
        return Finding(_NAME, Verdict.FAULT, f"{folder} does not exist", f"mkdir -p {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding(
            _NAME, Verdict.FAULT, f"{folder} is not writable for this user", f"chown it: {folder}"
        )
    free = shutil.disk_usage(folder).free
    if free < _ENOUGH_BYTES:
        return Finding(
            _NAME,
            Verdict.WARNING,
            f"{folder} has {free // 1_000_000} MB left",
            f"free at least {_ENOUGH_BYTES // 1_000_000} MB",
        )
    return Finding(_NAME, Verdict.OK, f"{folder} has {free // 1_000_000} MB left")

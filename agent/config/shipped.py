"""Where the configurations are that come with the agent."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path


def configs_folder() -> Path:
    """Where the shipped configurations are: the checkout's, else the installation's.

    The environment variable LIANKE_CONFIGS takes precedence.
    """
    named = os.environ.get("LIANKE_CONFIGS")
    if named:
        return Path(named)
    checkout = Path(__file__).resolve().parents[2] / "device_configs"
    installed = Path(sysconfig.get_path("data")) / "share" / "lianke" / "device_configs"
    return checkout if checkout.is_dir() else installed

"""Where this device keeps its networks when no configuration says so."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_SYSTEM: Final = Path("/var/lib/lianke-models")


def default_folder(environment: Mapping[str, str] = os.environ, system: Path = _SYSTEM) -> Path:
    """The cache folder: LIANKE_MODELS, else the device's own, else the user's.

    The device's own is the one that installing the agent makes; a checkout on a desk has none.
    The folder need not exist.
    """
    named = environment.get("LIANKE_MODELS")
    if named:
        return Path(named)
    if system.is_dir():
        return system
    caches = environment.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(caches) / "lianke" / "models"

"""Where everything is: the addresses of the pages and their files, in one place."""

from __future__ import annotations

from pathlib import Path
from typing import Final

MOUNTED_AT: Final = "/console"

TODAY: Final = f"{MOUNTED_AT}/today"
DEVICES: Final = f"{MOUNTED_AT}/devices"
DRAWINGS: Final = f"{MOUNTED_AT}/drawings"
ALARMS: Final = f"{MOUNTED_AT}/alarms"
FOOTFALL: Final = f"{MOUNTED_AT}/footfall"
DRIFT: Final = f"{FOOTFALL}/drift"
CAPTURE: Final = f"{MOUNTED_AT}/capture"
LETTERS: Final = f"{MOUNTED_AT}/dead-letters"
MEMBERS: Final = f"{MOUNTED_AT}/members"
SET_UP: Final = f"{MOUNTED_AT}/set-up"
SIGN_IN: Final = f"{MOUNTED_AT}/sign-in"
SIGN_OUT: Final = f"{MOUNTED_AT}/sign-out"
LANGUAGE: Final = f"{MOUNTED_AT}/language"
STATIC: Final = f"{MOUNTED_AT}/static"
STATIC_FILES: Final = Path(__file__).parent / "static"


def is_ours(path: str) -> bool:
    """Whether a path leads to a page of ours and nowhere else, for redirects that a form names."""
    return path.startswith(f"{MOUNTED_AT}/") and not set(path) & set("\\\r\n") and "//" not in path

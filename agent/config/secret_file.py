"""Secrets from files that only their owner can read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from agent.errors import BadConfiguration


def read_secret(path: Path, what: str) -> str:
    """A secret's text without its line end.

    Args:
        path: where it is.
        what: what to call it in errors.

    Raises:
        BadConfiguration: it cannot be read, is empty, or others can read it, too.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read().decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadConfiguration(f"{what} {path}: {reason}") from error
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise BadConfiguration(f"{what} {path} can be read by others; chmod 600 {path}")
    if not text:
        raise BadConfiguration(f"{what} {path} is empty")
    return text

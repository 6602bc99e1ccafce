"""The last status in a small file: for those who ask beside the running agent, or after its end.

Nothing depends on it: it is not synced, and a disk that does not take it costs a line in the log.
"""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec

from agent.health.status.facts import Status
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)


class Poster:
    """Replaces one file, whole. Safe from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def post(self, status: Status) -> None:
        """Show this status from now on."""
        draft = self._path.with_suffix(".draft")
        try:
            with self._lock:
                draft.write_bytes(msgspec.json.encode(status))
                draft.replace(self._path)
        except OSError as error:
            _LOG.warning("status_not_posted", path=str(self._path), error=error.strerror)


def read_posted(path: Path) -> Status | None:
    """The status that was posted last; None where there is none that this version can read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Status)
    except (OSError, msgspec.DecodeError):
        return None

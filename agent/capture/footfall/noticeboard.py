"""How the cameras do, in a small file for those who ask beside the running agent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from models.runtime.logs import get_logger
from models.wire.events.device import CameraState

_LOG = get_logger(__name__)


class Noticeboard:
    """A file with the latest states; when it was written is the file's own time.

    Nothing depends on it: it is not synced to the disk, and a disk that does not take it costs a
    line in the log.
    """

    def __init__(self, path: Path, look: Callable[[], Sequence[CameraState]]) -> None:
        """``look`` tells the states of this moment."""
        self._path = path
        self._look = look
        self._lock = threading.Lock()

    def post(self) -> None:
        """Replace what is there. Safe from any thread; the latest look is posted last."""
        draft = self._path.with_suffix(".draft")
        try:
            with self._lock:
                draft.write_bytes(msgspec.json.encode(self._look()))
                draft.replace(self._path)
        except OSError as error:
            _LOG.warning("camera_states_not_shown", path=str(self._path), error=error.strerror)

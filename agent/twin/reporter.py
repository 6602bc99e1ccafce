"""The reported document: the settings in force, versioned, the version kept through restarts.

The version comes from a counter in a file, never from a clock: a box that wakes in 1970 must not
report into the past.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from models.durable import sync_folder
from models.runtime.logs import get_logger
from models.wire.errors import WireError
from models.wire.twin import Reported, decode_reported

_LOG = get_logger(__name__)


class Reporter:
    """Makes reports; a new version only when the document has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def report(self, settings: Mapping[str, str]) -> Reported:
        """The report of these settings; durable before it is returned."""
        document = {key: msgspec.Raw(msgspec.json.encode(v)) for key, v in settings.items()}
        last = self._last()
        if last is not None and _same(last.document, document):
            return last
        report = Reported(version=last.version + 1 if last else 1, desired=0, document=document)
        self._save(report)
        return report

    def _last(self) -> Reported | None:
        try:
            return decode_reported(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, WireError) as error:
            _LOG.warning("twin_report_unreadable", path=str(self._path), error=str(error))
            return None

    def _save(self, report: Reported) -> None:
        draft = self._path.with_suffix(".draft")
        with draft.open("wb") as file:
            file.write(msgspec.json.encode(report))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        sync_folder(self._path.parent)


def _same(one: Mapping[str, msgspec.Raw], other: Mapping[str, msgspec.Raw]) -> bool:
    return {key: bytes(raw) for key, raw in one.items()} == {
        key: bytes(raw) for key, raw in other.items()
    }

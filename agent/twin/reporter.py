"""The reported document: the settings in force, and how the desired one fared; versioned.

The version comes from a counter in a file, never from a clock: a box that wakes in 1970 must not
report into the past.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from agent.twin.desired import Standing
from models.durable import write_whole
from models.runtime.logs import get_logger
from models.wire.errors import WireError
from models.wire.twin import Reported, decode_reported

_LOG = get_logger(__name__)

NOTHING_DESIRED: Final = Standing()
"""How it stands where the cloud never wanted anything."""


class Reporter:
    """Makes reports; a new version only when something of it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def report(
        self, settings: Mapping[str, object], standing: Standing = NOTHING_DESIRED
    ) -> Reported:
        """The report of these settings and of the desired document; durable when it is returned.

        Settings are whatever JSON can be made of.
        """
        last = self._last()
        report = Reported(
            version=last.version if last else 1,
            desired=standing.desired,
            document={key: msgspec.Raw(msgspec.json.encode(v)) for key, v in settings.items()},
            refused=standing.refused,
            refusal=standing.refusal,
        )
        if last is not None:
            if msgspec.json.encode(last) == msgspec.json.encode(report):
                return last
            report = msgspec.structs.replace(report, version=last.version + 1)
        write_whole(self._path, msgspec.json.encode(report))
        return report

    def _last(self) -> Reported | None:
        try:
            return decode_reported(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, WireError) as error:
            _LOG.warning("twin_report_unreadable", path=str(self._path), error=str(error))
            return None

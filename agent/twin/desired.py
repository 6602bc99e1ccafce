"""What the cloud wants of this device: the last good document, kept through restarts.

A document comes whole and versioned. One that is damaged, too large or of a form from the future is
refused, an older one is ignored, and either leaves the last good one in force. It is received and
kept here; ``drawings`` follows what it says of cameras.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from models.durable import write_whole
from models.runtime.logs import get_logger
from models.wire.errors import WireError
from models.wire.twin import Desired, decode_desired

_LOG = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with the desired document, for the report.

    Attributes:
        desired: the version in force, 0 for none.
        refused: the version of the last document that came and was refused, 0 where it could not
            be read.
        refusal: why; empty where the last one was taken.
    """

    desired: int = 0
    refused: int = 0
    refusal: str = ""


class DesiredKeeper:
    """Keeps the document that is in force. Used by the sync thread alone."""

    def __init__(self, path: Path) -> None:
        """Take up what ``path`` keeps; a file that is lost or damaged means no document."""
        self._path = path
        self.in_force = self._kept()
        self._refused, self._refusal = 0, ""

    @property
    def standing(self) -> Standing:
        """As of now."""
        version = self.in_force.version if self.in_force else 0
        return Standing(version, self._refused, self._refusal)

    def take(self, payload: bytes) -> bool:
        """Put a document into force, durably, or leave the last good one there.

        Returns:
            Whether there is something to report; there is not where the document is an old one.
        """
        try:
            desired = decode_desired(payload)
        except WireError as error:
            return self._refuse(0, str(error))
        if self.in_force is not None and desired.version <= self.in_force.version:
            _LOG.info("desired_twin_ignored", version=desired.version, kept=self.in_force.version)
            return False
        try:
            write_whole(self._path, payload)
        except OSError as error:
            return self._refuse(desired.version, f"it could not be kept: {error.strerror}")
        self.in_force, self._refused, self._refusal = desired, 0, ""
        _LOG.info("desired_twin_taken", version=desired.version)
        return True

    def _refuse(self, version: int, reason: str) -> bool:
        self._refused, self._refusal = version, reason
        _LOG.warning("desired_twin_refused", version=version, reason=reason)
        return True

    def _kept(self) -> Desired | None:
        try:
            return decode_desired(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, WireError) as error:
            # The report says version 0 then, so the cloud knows that it has to send it again.
            _LOG.warning("desired_twin_unreadable", path=str(self._path), error=str(error))
            return None

"""How far a source of sales was read, in a small file of its own.

A place is written after the sink has the sales. Lost or unreadable, it costs a second reading and
nothing else, since the events of a second reading have the same ids.
"""

from __future__ import annotations

from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from agent.errors import DiskUnusable
from models.durable import write_whole
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

P = TypeVar("P", bound=msgspec.Struct)


class PlaceFile(Generic[P]):
    """Keeps one place at one path. Used by one thread.

    Attributes:
        path: of the file; its folder is made with the first place.
    """

    def __init__(self, path: Path, kind: type[P], read_again: str) -> None:
        """Nothing is read or written yet.

        Args:
            path: of the file.
            kind: what a place is.
            read_again: what a lost place means, for the log.
        """
        self.path = path
        self._kind = kind
        self._read_again = read_again

    def load(self) -> P | None:
        """The place; None at the first start, or where it cannot be read.

        Raises:
            DiskUnusable: the file is there and its disk does not give it.
        """
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=self._kind)
        except FileNotFoundError:
            return None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            _LOG.warning(
                "till_place_unreadable",
                file=str(self.path),
                reason=type(error).__name__,
                effect=f"{self._read_again}; nothing is counted twice",
            )
            return None
        except OSError as error:
            raise self._unusable(error) from error

    def save(self, place: P) -> None:
        """Replace the place; durable on return, and whole at every moment in between.

        Raises:
            DiskUnusable: the disk does not take it; the old one stands.
        """
        try:
            write_whole(self.path, msgspec.json.encode(place))
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> DiskUnusable:
        return DiskUnusable(f"{self.path}: {error.strerror}; free or repair this disk")

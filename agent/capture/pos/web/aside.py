"""Where what came by web and cannot be captured is kept: sealed, durable, with a quoteless note."""

from __future__ import annotations

from typing import Protocol

from agent.capture.pos.keeping import Keeping, Place
from agent.capture.pos.records import Refused
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)


class Aside(Protocol):
    """Takes what cannot be captured."""

    def keep(self, refused: Refused, source: str) -> None:
        """Keep it, durably on return; the same bytes again take no further room.

        Args:
            refused: the record, and what is wrong with it.
            source: which door it came by, such as ``web-sale``.

        Raises:
            DiskUnusable: it could not be kept.
        """
        ...


class QuarantinedPosts:
    """An ``Aside`` in the till's quarantine. Used by one thread, as ``Keeping`` is."""

    def __init__(self, keeping: Keeping, clock: Clock) -> None:
        self._keeping = keeping
        self._clock = clock

    def keep(self, refused: Refused, source: str) -> None:
        """Keep it; raises DiskUnusable."""
        reason = f"{source}, transaction {refused.number}: {refused.reason}"
        place = Place(record=refused.number, offset=refused.offset, key=refused.key)
        self._keeping.quarantine(source, refused.data, self._clock.now(), reason, place)
        _LOG.warning("web_transaction_set_aside", source=source, reason=refused.reason)

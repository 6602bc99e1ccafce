"""The list of brokers: tried in order, and left for an earlier one when that answers again.

The first broker is where the shop belongs; the others are for bad days. So every connection begins
with the first, and one that ended up further down looks up the list now and then. A look is a mere
TCP connection: cheap for the broker, and if more is wrong with it than its port, the next
connection finds out and comes back down the list.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Final

from agent.config import Endpoint
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

LOOK_TIMEOUT_S: Final = 1.0
"""The sync stands still for a look, so a silent broker must not hold it for long."""

Answers = Callable[[Endpoint], bool]
"""Whether a broker takes connections."""


def takes_connections(endpoint: Endpoint) -> bool:
    """Whether somebody listens there; blocks for LOOK_TIMEOUT_S at most."""
    try:
        line = socket.create_connection((endpoint.host, endpoint.port), LOOK_TIMEOUT_S)
    except OSError:
        return False
    with closing(line):
        return True


class BrokerList:
    """Decides which brokers to try, and when to leave one for a better. Owned by one thread."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        monotonic_s: Callable[[], float],
        *,
        return_after_s: float = 900.0,
        answers: Answers = takes_connections,
    ) -> None:
        """``return_after_s`` lies between two looks at the earlier brokers."""
        self._endpoints = tuple(endpoints)
        self._monotonic_s = monotonic_s
        self._return_after_s = return_after_s
        self._answers = answers
        self._look_at_s = 0.0

    def __iter__(self) -> Iterator[Endpoint]:
        return iter(self._endpoints)

    def settled_on(self, endpoint: Endpoint) -> None:
        """This one accepted us; the first look at the earlier ones is not due yet."""
        self._look_at_s = self._monotonic_s() + self._return_after_s
        if endpoint != self._endpoints[0]:
            _LOG.warning(
                "broker_second_choice", broker=str(endpoint), first=str(self._endpoints[0])
            )

    def outdone(self, endpoint: Endpoint) -> bool:
        """Whether an earlier broker answers again. Asks the network when a look is due."""
        now_s = self._monotonic_s()
        if endpoint == self._endpoints[0] or now_s < self._look_at_s:
            return False
        self._look_at_s = now_s + self._return_after_s
        earlier = self._endpoints[: self._endpoints.index(endpoint)]
        return any(self._answers(each) for each in earlier)

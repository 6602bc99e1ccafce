"""The sources of one box at work: each started for itself, and tried again where it could not."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Final

from agent.capture.sources.source import Source
from agent.errors import AgentError
from agent.health.status.tills import SourceKind, SourceStatus
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

RETRY_S: Final = 5.0
"""How soon a source that could not start is tried again: an address of the shop's network may come
up after the agent, and another program may let go of a port."""

_JOIN_S: Final = 20.0


class Sources:
    """Starts and stops the sources of a box; once each, from one thread."""

    def __init__(
        self, sources: Sequence[Source], clock: Clock, *, retry_s: float = RETRY_S
    ) -> None:
        self._sources = sources
        self._clock = clock
        self._retry_s = retry_s
        self._refused: dict[str, str] = {}
        self._stopping = threading.Event()
        self._retrying: threading.Thread | None = None

    def start(self) -> None:
        """Start all; what cannot start is tried again until it can."""
        self._refused = {each.name: "it has not been started yet" for each in self._sources}
        for source in self._sources:
            self._begin(source)
        if self._refused:
            self._retrying = threading.Thread(
                target=self._try_again, name="source-starter", daemon=True
            )
            self._retrying.start()

    def stop(self) -> None:
        """Stop all: the taps first, since who reads their receipts shall still have the last."""
        self._stopping.set()
        if self._retrying is not None:
            self._retrying.join(_JOIN_S)
        _stop_together(each for each in self._sources if each.kind is SourceKind.TAP)
        _stop_together(each for each in self._sources if each.kind is not SourceKind.TAP)

    def states(self) -> list[SourceStatus]:
        """How each is. Safe from any thread."""
        return [self._state(source) for source in self._sources]

    def _state(self, source: Source) -> SourceStatus:
        why = self._refused.get(source.name)
        if why is None:
            return source.status()
        return SourceStatus(name=source.name, kind=source.kind, started=False, blocked=why)

    def _begin(self, source: Source) -> None:
        try:
            source.start()
        except Exception as error:  # noqa: BLE001 - the edge of a source: the others must start
            self._refuse(source, error)
        else:
            del self._refused[source.name]
            _LOG.info("source_started", source=source.name, kind=source.kind)

    def _refuse(self, source: Source, error: Exception) -> None:
        # Only our own errors promise to quote nothing of what they read.
        reason = str(error) if isinstance(error, AgentError) else type(error).__name__
        if self._refused[source.name] != reason:
            self._refused[source.name] = reason
            _LOG.error(
                "source_not_started",
                source=source.name,
                reason=reason,
                effect="the other sources go on, and this one is tried again",
            )

    def _try_again(self) -> None:
        while self._refused and not self._clock.wait(self._stopping, self._retry_s):
            for source in self._sources:
                if source.name in self._refused and not self._stopping.is_set():
                    self._begin(source)


def _stop_together(sources: Iterable[Source]) -> None:
    """At once, since each may give tills seconds to finish."""
    threads = [threading.Thread(target=each.stop, name=f"stop-{each.name}") for each in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_JOIN_S)

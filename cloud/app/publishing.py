"""Sends to the shops what the views have made: cards, and what is wished of devices."""

from __future__ import annotations

import threading
from typing import Final

from cloud.cards import CardPublisher
from cloud.devices import WishPublisher
from cloud.errors import FaultyService
from cloud.foundations import Foundations
from cloud.ingest.source import Message, Source
from cloud.workers import Workers

_POLL_S: Final = 1.0


class Publishing:
    """One loop of it; ``due`` wakes it when there may be something new."""

    def __init__(self, base: Foundations, source: Source, due: threading.Event) -> None:
        self._clock = base.clock
        self._due = due
        self._cards = CardPublisher(base.cards, source)
        self._wishes = WishPublisher(base.engine, source)

    def run(self, stop: threading.Event) -> None:
        """Until told to stop, after which ``due`` is to be set."""
        while not stop.is_set():
            self._clock.wait(self._due, _POLL_S)
            self._due.clear()
            if not stop.is_set():
                self._cards.publish_new(stop)
                self._wishes.publish_new()


class Deaf:
    """A connection that only speaks; a refused login still ends the process."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    def arrived(self, message: Message) -> None:
        """Nothing was subscribed to."""

    def failed(self, fault: FaultyService) -> None:
        """The broker refuses us for good."""
        self._workers.fail(fault)

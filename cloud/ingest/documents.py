"""Births, states and twins: what a device says of itself, and the welcome that answers a birth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

import msgspec

from cloud.ingest.authorise import Devices
from cloud.ledger.journal import Journal
from models.wire.ack import Welcome
from models.wire.birth import Birth, decode_birth, decode_state
from models.wire.envelope import utc_ms
from models.wire.ids import DevicePath, StoreId, TenantId
from models.wire.topics import Down, Up, down
from models.wire.twin import decode_reported

CardsHead = Callable[[TenantId, StoreId], int]
"""The last sequence of a shop's card feed."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it arrived, on its device's topic."""

    device: DevicePath
    branch: Up
    payload: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What a document is answered with."""

    topic: str
    payload: bytes


class Desk:
    """Takes documents in, one at a time. Every one may come again: retained, or sent twice."""

    def __init__(self, journal: Journal, devices: Devices, cards_head: CardsHead) -> None:
        self._journal = journal
        self._devices = devices
        self._cards_head = cards_head

    def take(self, document: Document) -> Answer | None:
        """Tell the registry, and compose the answer where there is one.

        A retained birth that the broker repeats to us after a reconnect is answered as well: its
        device has perhaps not been, and one that has ignores an answer to an older birth.

        Raises:
            WireError: the document cannot be read.
            TransientError: the database is not available.
        """
        device, payload = document.device, document.payload
        match document.branch:
            case Up.BIRTH:
                return self._welcome(device, decode_birth(payload), document.at)
            case Up.STATE:
                self._devices.state_changed(device, decode_state(payload), document.at)
            case Up.TWIN:
                self._devices.reported(device, decode_reported(payload), document.at)
            case Up.RESULT:
                pass  # no commands are sent yet, so nobody waits for a result
            case _:
                assert_never(document.branch)
        return None

    def _welcome(self, device: DevicePath, birth: Birth, at: datetime) -> Answer:
        rival = self._devices.born(device, birth, at)
        welcome = Welcome(
            ledger=self._journal.generation,
            birth=birth.birth,
            epochs=self._journal.settled(device, [held.epoch for held in birth.epochs]),
            cards=self._cards_head(device.tenant, device.store),
            now=utc_ms(at),
            rival=rival,
        )
        return Answer(down(device, Down.ACK), msgspec.json.encode(welcome))

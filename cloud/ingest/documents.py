"""Births, states and twins: what a device says of itself, and the answers: welcome and wish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never

import msgspec

from cloud.ingest.authorise import Devices
from cloud.ledger.journal import Journal
from cloud.ledger.promised import asked_about, count, missing
from models.runtime.logs import get_logger
from models.wire.ack import Welcome
from models.wire.birth import Birth, decode_birth, decode_state
from models.wire.envelope import utc_ms
from models.wire.ids import DevicePath, StoreId, TenantId
from models.wire.topics import Down, Up, down
from models.wire.twin import Reported, decode_reported

log = get_logger(__name__)

_SHOWN: Final = 16
"""Ranges of one lane in the log."""

CardsHead = Callable[[TenantId, StoreId], int]
"""The last sequence of a shop's card feed."""

OperatorKey = Callable[[DevicePath, Birth], str]
"""The key of the cashiers' pseudonyms, sealed to who was born; empty where none is asked for."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it arrived, on its device's topic.

    Attributes:
        retained: the broker had kept it; it may have been said long ago.
    """

    device: DevicePath
    branch: Up
    payload: bytes
    at: datetime
    retained: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a document is answered with."""

    topic: str
    payload: bytes


class Desk:
    """Takes documents in, one at a time. Every one may come again: retained, or sent twice."""

    def __init__(
        self,
        journal: Journal,
        devices: Devices,
        cards_head: CardsHead,
        operator_key: OperatorKey = lambda _device, _birth: "",
    ) -> None:
        self._journal = journal
        self._devices = devices
        self._cards_head = cards_head
        self._operator_key = operator_key

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
                return self._welcome(document, decode_birth(payload))
            case Up.STATE:
                self._devices.state_changed(device, decode_state(payload), document.at)
            case Up.TWIN:
                return self._wish(document, decode_reported(payload))
            case Up.RESULT:
                pass  # no commands are sent yet, so nobody waits for a result
            case _:
                assert_never(document.branch)
        return None

    def _wish(self, document: Document, reported: Reported) -> Answer | None:
        """What is wanted of a device that has an older document, or none."""
        wanted = self._devices.reported(document.device, reported, document.at)
        if wanted is None:
            return None
        return Answer(down(document.device, Down.TWIN), msgspec.json.encode(wanted))

    def _welcome(self, document: Document, birth: Birth) -> Answer:
        device, at = document.device, document.at
        rival = self._devices.born(device, birth, at, retained=document.retained)
        forked = self._devices.claimed(device, birth, at)
        # Read after that: what the epoch's former owner has sent is told, or comes too late.
        settled = self._journal.settled(device, asked_about(birth))
        welcome = Welcome(
            ledger=self._journal.generation,
            birth=birth.birth,
            epochs=settled,
            cards=self._cards_head(device.tenant, device.store),
            now=utc_ms(at),
            rival=rival,
            forked=forked,
            missing=missing(birth.acknowledged, settled),
            operator_key=self._operator_key(device, birth),
        )
        if welcome.missing:
            _tell(device, welcome)
        return Answer(down(device, Down.ACK), msgspec.json.encode(welcome))


def _tell(device: DevicePath, welcome: Welcome) -> None:
    """Which numbers the ledger has forgotten: the log keeps what an alarm only counts."""
    for one in welcome.missing:
        for stream, ranges in one.streams.items():
            log.error(
                "ledger_lacks_what_it_acknowledged",
                device=device.prefix,
                epoch=one.epoch,
                stream=stream,
                ranges=ranges[:_SHOWN],
                events=count(welcome.missing),
                next_step="was a backup put back? The device sends again what it still keeps",
            )

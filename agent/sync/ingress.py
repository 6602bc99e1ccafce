"""What comes down: answers for the session, cards for the replica; damage is only counted."""

from __future__ import annotations

from collections.abc import Callable

from agent.sync.metrics import SyncMetrics
from models.runtime.logs import get_logger
from models.wire.ack import Ack, Welcome, decode_answer
from models.wire.cards import CardDelta, decode_delta
from models.wire.errors import WireError
from models.wire.ids import DevicePath
from models.wire.topics import Down, ShopDown, down, shop_down

_LOG = get_logger(__name__)


class Ingress:
    """Routes a message by its topic."""

    def __init__(
        self,
        device: DevicePath,
        *,
        on_card: Callable[[CardDelta], None],
        on_cards_head: Callable[[int], None],
        metrics: SyncMetrics,
    ) -> None:
        """``on_cards_head`` hears the head of the shop's card feed with every welcome."""
        self._answers = down(device, Down.ACK)
        self._cards = shop_down(device.tenant, device.store, ShopDown.CARDS)
        self._on_card = on_card
        self._on_cards_head = on_cards_head
        self._metrics = metrics

    def route(self, topic: str, payload: bytes) -> Ack | Welcome | None:
        """Handle a message; answers to the session are returned, everything else is None."""
        try:
            if topic == self._answers:
                return self._answer(payload)
            if topic == self._cards:
                self._on_card(decode_delta(payload))
        except WireError as error:
            self._metrics.undecodable()
            _LOG.warning("undecodable_message", topic=topic, error=str(error))
        return None

    def _answer(self, payload: bytes) -> Ack | Welcome:
        answer = decode_answer(payload)
        if isinstance(answer, Welcome):
            self._on_cards_head(answer.cards)
        return answer

"""What comes down: answers for the session, cards for the replica, the document wanted of us.

Damage is counted; a desired document that is damaged is answered with a report, too. Cards that
cannot be kept just now are asked for again later: a tablet's trouble must not hold up the sales.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.errors import AgentError
from agent.sync.metrics import SyncMetrics
from agent.sync.transport import Message
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
        on_twin: Callable[[bytes], Message | None],
        metrics: SyncMetrics,
        on_welcome: Callable[[Welcome], None] = lambda _welcome: None,
    ) -> None:
        """Take up a device's subscriptions.

        Args:
            device: whose they are.
            on_card: takes a card of the shop's feed.
            on_cards_head: hears the head of that feed with every welcome.
            on_twin: takes a desired document as it arrived; returns what to say in answer.
            metrics: where damage is counted.
            on_welcome: hears every welcome, those for other births too.
        """
        self._answers = down(device, Down.ACK)
        self._twin = down(device, Down.TWIN)
        self._cards = shop_down(device.tenant, device.store, ShopDown.CARDS)
        self._on_card = on_card
        self._on_cards_head = on_cards_head
        self._on_twin = on_twin
        self._metrics = metrics
        self._on_welcome = on_welcome

    def route(self, topic: str, payload: bytes) -> Ack | Welcome | Message | None:
        """Handle a message.

        Returns:
            An answer to the session, a message that is to be sent, or None where all is done.
        """
        try:
            if topic == self._answers:
                return self._answer(payload)
            if topic == self._twin:
                return self._on_twin(payload)
            if topic == self._cards:
                self._take_card(decode_delta(payload))
        except WireError as error:
            self._metrics.undecodable()
            _LOG.warning("undecodable_message", topic=topic, error=str(error))
        return None

    def _take_card(self, delta: CardDelta) -> None:
        """One that is not kept is a gap in the feed, which the next one or a welcome shows."""
        try:
            self._on_card(delta)
        except AgentError as error:
            _LOG.warning("card_not_kept", sequence=delta.sequence, error=str(error))

    def _answer(self, payload: bytes) -> Ack | Welcome:
        answer = decode_answer(payload)
        if isinstance(answer, Welcome):
            self._hear_of_cards(answer.cards)
            self._on_welcome(answer)
        return answer

    def _hear_of_cards(self, head: int) -> None:
        try:
            self._on_cards_head(head)
        except AgentError as error:
            _LOG.warning("cards_not_looked_at", head=head, error=str(error))

"""Sends new deltas to the tablets of every shop, after the follower's commit.

How far it sent is kept in memory only. What gets lost on the way, with the broker or with this
process, is noticed by the tablets as a gap, or at their next connection, and fetched as pages.
"""

from __future__ import annotations

import threading
from typing import Final, Protocol

import msgspec

from cloud.cards.feed import CardFeed
from cloud.errors import TransientError
from models.runtime.logs import get_logger
from models.wire.ids import StoreId, TenantId
from models.wire.topics import ShopDown, shop_down

log = get_logger(__name__)

_PER_PAGE: Final = 200


class Downlink(Protocol):
    """The way to the devices."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Hand over one message, QoS 1, not retained; raises TransientError when it cannot."""
        ...


class CardPublisher:
    """Publishes each shop's deltas in the order of their sequence. For one thread."""

    def __init__(self, feed: CardFeed, downlink: Downlink) -> None:
        """Begins at the feeds' present heads."""
        self._feed = feed
        self._downlink = downlink
        self._sent = feed.heads()

    def publish_new(self, stop: threading.Event | None = None) -> int:
        """Send what was committed since the last call; returns how many deltas that were.

        Looks before every page whether it shall ``stop``.

        What cannot be sent now stays due and goes with a later call; call it again when the broker
        is back.
        """
        sent = 0
        try:
            heads = self._feed.heads()
            for tenant, store in sorted(heads):
                if heads[tenant, store] > self._sent.get((tenant, store), 0):
                    sent += self._publish(tenant, store, stop or threading.Event())
        except TransientError as error:
            log.warning("cards_wait", error=str(error))
        return sent

    def _publish(self, tenant: TenantId, store: StoreId, stop: threading.Event) -> int:
        topic = shop_down(tenant, store, ShopDown.CARDS)
        many = 0
        while not stop.is_set():
            page = self._feed.page(tenant, store, self._sent.get((tenant, store), 0), _PER_PAGE)
            for delta in page.deltas:
                self._downlink.publish(topic, msgspec.json.encode(delta))
                self._sent[tenant, store] = delta.sequence
                many += 1
            self._sent[tenant, store] = page.through
            if page.through >= page.head:
                break
        return many

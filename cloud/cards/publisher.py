"""Sends new deltas to the tablets of every shop, after the follower's commit.

How far it sent is kept in memory only. What gets lost on the way, with the broker or with this
process, is noticed by the tablets as a gap, or at their next connection, and fetched as pages.
"""

from __future__ import annotations

from typing import Final, Protocol

import msgspec

from cloud.cards.feed import CardFeed
from models.wire.ids import StoreId, TenantId
from models.wire.topics import ShopDown, shop_down

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

    def publish_new(self) -> int:
        """Send what was committed since the last call; returns how many deltas that were.

        Raises:
            TransientError: the rest stays due and goes with the next call.
        """
        heads = self._feed.heads()
        due = [shop for shop, head in heads.items() if head > self._sent.get(shop, 0)]
        return sum(self._publish(tenant, store) for tenant, store in sorted(due))

    def _publish(self, tenant: TenantId, store: StoreId) -> int:
        topic = shop_down(tenant, store, ShopDown.CARDS)
        many = 0
        while True:
            page = self._feed.page(tenant, store, self._sent.get((tenant, store), 0), _PER_PAGE)
            for delta in page.deltas:
                self._downlink.publish(topic, msgspec.json.encode(delta))
                self._sent[tenant, store] = delta.sequence
                many += 1
            self._sent[tenant, store] = page.through
            if page.through >= page.head:
                return many

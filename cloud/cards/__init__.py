"""The projection that goes down to the shops: whole cards, versions, tombstones, catch-up.

``composing`` makes a member's card out of sales and claims, ``keeping`` seals it, ``fold`` rebuilds
the cards of changed members and numbers the deltas of every shop's feed, ``feed`` reads the feeds
and ``publisher`` sends what is new.
"""

from cloud.cards.feed import CardFeed
from cloud.cards.fold import CardsFold
from cloud.cards.publisher import CardPublisher, Downlink

__all__ = ["CardFeed", "CardPublisher", "CardsFold", "Downlink"]

"""Cards and overlays as they lie on the disk: sealed under the master key, each for its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from agent.replica.view import LaidSale, MemberRef
from models.vault.blob import BlobSealer
from models.vault.master import MasterKey
from models.wire.cards import Card
from models.wire.ids import SaleId

_CARDS: Final = msgspec.json.Decoder(Card)
_SALES: Final = msgspec.json.Decoder(LaidSale)


@dataclass(frozen=True, slots=True)
class Seals:
    """Seals cards for their member and overlays for their sale. Safe for several threads."""

    cards: BlobSealer
    sales: BlobSealer

    @classmethod
    def under(cls, master: MasterKey) -> Seals:
        """Seals of a device's master key."""
        return cls(BlobSealer(master, "card"), BlobSealer(master, "overlay"))

    def card(self, ref: MemberRef, card: Card) -> bytes:
        """The card's bytes at rest."""
        return self.cards.seal(msgspec.json.encode(card), ref.value)

    def sale(self, sale_id: SaleId, sale: LaidSale) -> bytes:
        """The overlay's bytes at rest."""
        return self.sales.seal(msgspec.json.encode(sale), sale_id)

    def open_card(self, ref: MemberRef, sealed: bytes) -> Card:
        """The plain card; raises SealBroken."""
        return _CARDS.decode(self.cards.open(sealed, ref.value))

    def open_sale(self, sale_id: SaleId, sealed: bytes) -> LaidSale:
        """The plain overlay; raises SealBroken."""
        return _SALES.decode(self.sales.open(sealed, sale_id))

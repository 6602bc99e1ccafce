"""Who listens while a record is read: so that a reader can tell how far it came, and by itself.

Readers hand over what they are about to map and go on with what they are given back. In a shop's
day nobody listens. When somebody looks at what lies in quarantine, the same reader reads it again
with a witness, and there is no second parser that could disagree with the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from agent.capture.pos.mapping.transcript import Transcript


class Witness(Protocol):
    """Listens to one reader in one thread."""

    def transcript(self, told: Transcript) -> Transcript:
        """What a reader of fields found; it maps what comes back, which says the same."""
        ...

    def element(self, transaction: Element) -> Element:
        """The same of a reader of POSLog."""
        ...

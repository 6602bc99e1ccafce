"""Keeps cards at rest so that destroying a key erases it from the cards as well.

Inside, every phone, card, code and name is sealed under the key of its own identifier; around it
the whole card is sealed and compressed as a blob. What was erased is missing when a card is opened;
the figures stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from cloud.cards.composing import Composed, with_personal
from models.vault.blob import BlobSealer
from models.vault.keyring import Keyring
from models.vault.seal import ERASED, Sealer, Unsealed
from models.wire.cards import Card
from models.wire.events.sale import Scheme
from models.wire.ids import OneId
from models.wire.personal import PersonalSpan


class _KeptIdentifier(msgspec.Struct, frozen=True):
    scheme: Scheme
    value: str


class _KeptName(msgspec.Struct, frozen=True):
    family: str
    given: str


class _Kept(msgspec.Struct, frozen=True):
    card: Card
    known_by: list[_KeptIdentifier]
    name: _KeptName | None


_KEPT = msgspec.json.Decoder(_Kept)
_JSON = msgspec.json.Encoder()


class CardKeeper:
    """Seals and opens cards. Safe for several threads."""

    def __init__(self, keyring: Keyring, blobs: BlobSealer) -> None:
        self._fingerprints = keyring.fingerprints
        self._sealer = Sealer(keyring)
        self._blobs = blobs

    def digest(self, composed: Composed) -> bytes:
        """A keyed digest of all that the card says, its version excepted."""
        whole = with_personal(composed.card, composed.golden)
        return self._fingerprints.of("card", _JSON.encode(whole).decode())

    def seal(self, cards: Sequence[Composed]) -> list[bytes]:
        """The cards as they are kept, in order."""
        events = [_unsealed(composed) for composed in cards]
        return [
            self._blobs.seal(body, event.event_id)
            for event, body in zip(events, self._sealer.seal(events), strict=True)
        ]

    def open(self, one_id: OneId, version: int, sealed: bytes) -> Card:
        """The card without what was erased since. Raises SealBroken."""
        place = _place(one_id)
        kept = _KEPT.decode(self._sealer.open(place, self._blobs.open(sealed, place)))
        name = kept.name or _KeptName("", "")
        return msgspec.structs.replace(
            kept.card,
            version=version,
            phones=_values(kept, Scheme.PHONE),
            cards=_values(kept, Scheme.CARD),
            member_codes=_values(kept, Scheme.MEMBER_CODE),
            family_name=_unless_erased(name.family),
            given_name=_unless_erased(name.given),
        )


def _place(one_id: OneId) -> str:
    return f"card {one_id}"


def _values(kept: _Kept, scheme: Scheme) -> list[str]:
    known = (each.value for each in kept.known_by if each.scheme is scheme)
    return [value for value in known if value != ERASED]


def _unless_erased(text: str) -> str:
    return "" if text == ERASED else text


def _unsealed(composed: Composed) -> Unsealed:
    golden = composed.golden
    kept = _Kept(
        composed.card,
        [_KeptIdentifier(each.scheme, each.value) for each in golden.known_by],
        _KeptName(golden.name.family, golden.name.given) if golden.name else None,
    )
    return Unsealed(_place(composed.one_id), _JSON.encode(kept), list(_spans(composed, kept)))


def _spans(composed: Composed, kept: _Kept) -> Iterator[PersonalSpan]:
    """Each identifier under its own key, the name under the key of the identifier it came with."""
    for known, each in zip(composed.golden.known_by, kept.known_by, strict=True):
        value = ("value", _JSON.encode(each.value))
        yield PersonalSpan(_JSON.encode(each), known.namespace, known.value, (value,))
    source = composed.golden.name_from
    if kept.name is not None and source is not None:
        parts = {"family": kept.name.family, "given": kept.name.given}
        members = tuple((part, _JSON.encode(text)) for part, text in parts.items() if text)
        yield PersonalSpan(_JSON.encode(kept.name), source.namespace, source.value, members)

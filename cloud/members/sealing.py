"""Seals what a member is known by: every identifier under its own key, so that one can be erased.

A value is kept as a small JSON object whose strings are sealed in place, by the same means as the
events of the ledger. ``place`` is authenticated with it: a sealed value cannot be moved to another
row and read there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from cloud.members.sighting import Fingerprint
from models.vault.keyring import Keyring
from models.vault.seal import ERASED, Sealer, Unsealed
from models.wire.personal import PersonalSpan

_FIELDS = msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """Strings to be sealed under the key of one identifier.

    Attributes:
        fields: names of ``[a-z_]+`` to plain values; empty values are left out.
    """

    place: str
    namespace: str
    identifier: str
    fields: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Secret({self.namespace})"


class PersonalSeals:
    """Look-up fingerprints, key references and sealed values. Safe for several threads."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._sealer = Sealer(keyring)

    def fingerprint(self, namespace: str, value: str) -> Fingerprint:
        """What an identifier is looked up by. Makes no key."""
        return Fingerprint(self._keyring.fingerprints.of(namespace, value))

    def key_ids(self, identifiers: Sequence[tuple[str, str]]) -> list[bytes]:
        """The ids of the identifiers' live keys, in order; made where missing, with one sync."""
        if not identifiers:
            return []
        return [key.key_id for key in self._keyring.obtain_all(list(identifiers))]

    def seal(self, secrets: Sequence[Secret]) -> list[bytes]:
        """The secrets as sealed JSON objects, in order."""
        return self._sealer.seal([_unsealed(secret) for secret in secrets])

    def open(self, place: str, sealed: bytes) -> dict[str, str]:
        """The plain fields; those whose key was destroyed are missing. Raises SealBroken."""
        fields = _FIELDS.decode(self._sealer.open(place, sealed))
        return {name: value for name, value in fields.items() if value != ERASED}

    def open_event_text(self, event_id: str, text: str) -> str:
        """A string of a ledger event, ``erased`` where its key was destroyed."""
        return self._sealer.open_text(event_id, text)


def identifier_place(fingerprint: bytes) -> str:
    """The place that an identifier's sealed value is bound to."""
    return f"identifier {fingerprint.hex()}"


def name_place(one_id: str) -> str:
    """The place that a member's sealed name is bound to."""
    return f"name {one_id}"


def _unsealed(secret: Secret) -> Unsealed:
    literals = {name: msgspec.json.encode(value) for name, value in secret.fields.items() if value}
    body = b"{%b}" % b",".join(
        b'"%b":%b' % (name.encode(), text) for name, text in literals.items()
    )
    span = PersonalSpan(body, secret.namespace, secret.identifier, tuple(literals.items()))
    return Unsealed(secret.place, body, [span])

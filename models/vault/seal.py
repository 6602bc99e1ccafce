"""Personal literals sealed in place: the event stays valid JSON and comes back byte for byte.

A literal such as ``"138…"`` becomes ``"sealed:1:<key id>:<nonce and ciphertext>"``. The event's
id is authenticated with it, so a sealed literal cannot be lifted into another event and read there.
Amounts, items and times stay in the clear: a sale outlives the person who asked to be forgotten.
"""

from __future__ import annotations

import os
import re
from base64 import urlsafe_b64encode
from binascii import a2b_base64, unhexlify
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
from cryptography.exceptions import InvalidTag

from models.vault.errors import KeyDestroyed, SealBroken
from models.vault.keyring import DataKey, Keyring
from models.wire.ack import Reason
from models.wire.errors import BadEvent
from models.wire.personal import PersonalSpan

ERASED = "erased"
"""What is read where the key was destroyed."""

_MARK = b"sealed:1:"
"""Without its quote, which stands everywhere in JSON: a fifth faster to look for."""

_TOKEN = re.compile(rb'"sealed:1:([0-9a-f]{32}):([A-Za-z0-9_-]+={0,2})"')
_MEMBER = re.compile(rb'"([a-z_]+)"\s*:\s*')
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Unsealed:
    """An event about to be sealed: its bytes, its id and its personal spans."""

    event_id: str
    body: bytes
    spans: Sequence[PersonalSpan]


class Sealer:
    """Seals and opens events with the keys of one keyring. Safe for several threads."""

    def __init__(self, keyring: Keyring, random: Callable[[int], bytes] = os.urandom) -> None:
        self._keyring = keyring
        self._random = random

    def seal(self, events: Sequence[Unsealed]) -> list[bytes]:
        """The events with every personal literal sealed; new keys are durable on return.

        Raises:
            BadEvent: a personal member is written so (an escaped name) that it cannot be found.
        """
        wanted = [(span.namespace, span.identifier) for event in events for span in event.spans]
        keys = iter(self._keyring.obtain_all(wanted) if wanted else [])
        return [self._seal_one(event, _keys_of(event, keys)) for event in events]

    def open(self, event_id: str, sealed: bytes) -> bytes:
        """The original bytes; a literal whose key was destroyed reads ``"erased"``.

        Raises:
            SealBroken: a sealed literal was changed or moved here from another event.
        """
        start = sealed.find(_MARK)
        if start < 0:
            return sealed
        pieces: list[bytes] = []
        done = 0
        while start >= 0:
            end = sealed.find(b'"', start) + 1
            if token := _TOKEN.fullmatch(sealed, start - 1, end):
                pieces += (sealed[done : start - 1], self._open_token(event_id, token))
                done = end
            start = sealed.find(_MARK, start + 1)
        return b"".join((*pieces, sealed[done:]))

    def open_text(self, event_id: str, text: str) -> str:
        """The plain value of one sealed string; a plain string is returned as it is."""
        literal = (
            self.open(event_id, b'"%b"' % text.encode()) if text.startswith("sealed:1:") else b""
        )
        return msgspec.json.decode(literal, type=str) if literal else text

    def _seal_one(self, event: Unsealed, keys: Sequence[DataKey]) -> bytes:
        body = event.body
        for span, key in zip(event.spans, keys, strict=True):
            sealed = span.container
            for name, literal in span.members:
                sealed = self._seal_member(event.event_id, key, sealed, name, literal)
            body = body.replace(span.container, sealed)
        return body

    def _seal_member(
        self, event_id: str, key: DataKey, container: bytes, name: str, literal: bytes
    ) -> bytes:
        nonce = self._random(_NONCE)
        secret = urlsafe_b64encode(nonce + key.cipher.encrypt(nonce, literal, event_id.encode()))
        token = b'"sealed:1:%b:%b"' % (key.key_id.hex().encode(), secret)
        start = _find_literal(container, name.encode(), literal)
        if start < 0:
            raise BadEvent(Reason.MALFORMED, f"personal member {name!r} is not written plainly")
        return container[:start] + token + container[start + len(literal) :]

    def _open_token(self, event_id: str, match: re.Match[bytes]) -> bytes:
        secret = a2b_base64(match[2].translate(_TO_STANDARD))
        try:
            cipher = self._keyring.find(unhexlify(match[1])).cipher
            return cipher.decrypt(secret[:_NONCE], secret[_NONCE:], event_id.encode())
        except KeyDestroyed:
            return b'"%b"' % ERASED.encode()
        except InvalidTag as error:
            raise SealBroken(f"event {event_id}: a sealed literal does not belong here") from error


def _keys_of(event: Unsealed, keys: Iterator[DataKey]) -> list[DataKey]:
    """The next keys, one for each span of the event."""
    return [next(keys) for _ in event.spans]


def _find_literal(container: bytes, name: bytes, literal: bytes) -> int:
    """Where the literal stands as the value of the named member, or -1."""
    found = _MEMBER.finditer(container)
    return next(
        (m.end() for m in found if m[1] == name and container.startswith(literal, m.end())), -1
    )

"""Personal literals sealed in place: the event stays valid JSON and comes back byte for byte.

A literal such as ``"138…"`` becomes ``"sealed:1:<key id>:<nonce and ciphertext>"``. The event's
id is authenticated with it, so a sealed literal cannot be lifted into another event and read there.
Amounts, items and times stay in the clear: a sale outlives the person who asked to be forgotten.
"""

from __future__ import annotations

import os
import re
from binascii import a2b_base64, b2a_base64, unhexlify
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

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
_TO_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_NONCE = 12


class Sealable(Protocol):
    """An event about to be sealed: its bytes, its id and its personal spans."""

    @property
    def event_id(self) -> str:
        """What the sealed literals are bound to."""
        ...

    @property
    def body(self) -> bytes:
        """The event's bytes."""
        ...

    @property
    def spans(self) -> Sequence[PersonalSpan]:
        """Where they are personal."""
        ...


@dataclass(frozen=True, slots=True)
class Unsealed:
    """A ``Sealable`` and nothing else."""

    event_id: str
    body: bytes
    spans: Sequence[PersonalSpan]


class Sealer:
    """Seals and opens events with the keys of one keyring. Safe for several threads."""

    def __init__(self, keyring: Keyring, random: Callable[[int], bytes] = os.urandom) -> None:
        self._keyring = keyring
        self._random = random

    def seal(self, events: Sequence[Sealable]) -> list[bytes]:
        """The events with every personal literal sealed; new keys are durable on return.

        Raises:
            BadEvent: a personal member is written so (an escaped name) that it cannot be found.
        """
        wanted = [(span.namespace, span.identifier) for event in events for span in event.spans]
        keys = iter(self._keyring.obtain_all(wanted) if wanted else [])
        nonces = self._nonces(sum(len(s.members) for event in events for s in event.spans))
        return [_sealed(event, keys, nonces) for event in events]

    def open_all(self, events: Iterable[tuple[str, bytes]]) -> list[bytes]:
        """The original bytes of events, by id and as they were sealed.

        Most name nobody and are returned as they are, after one look. Raises as ``open``.
        """
        opened: list[bytes] = []
        for event_id, sealed in events:
            at = sealed.find(_MARK)
            opened.append(sealed if at < 0 else self._open_from(at, event_id, sealed))
        return opened

    def open(self, event_id: str, sealed: bytes) -> bytes:
        """The original bytes; a literal whose key was destroyed reads ``"erased"``.

        Raises:
            SealBroken: a sealed literal was changed or moved here from another event.
        """
        at = sealed.find(_MARK)
        return sealed if at < 0 else self._open_from(at, event_id, sealed)

    def open_text(self, event_id: str, text: str) -> str:
        """The plain value of one sealed string; a plain string is returned as it is."""
        literal = (
            self.open(event_id, b'"%b"' % text.encode()) if text.startswith("sealed:1:") else b""
        )
        return msgspec.json.decode(literal, type=str) if literal else text

    def _nonces(self, count: int) -> Iterator[bytes]:
        """So many, of one call to the system: each costs as much as to encrypt a literal."""
        random = self._random(_NONCE * count) if count else b""
        return (random[at : at + _NONCE] for at in range(0, len(random), _NONCE))

    def _open_from(self, at: int, event_id: str, sealed: bytes) -> bytes:
        """The original bytes; ``at`` is where the first mark stands."""
        about, done = event_id.encode(), 0
        pieces: list[bytes] = []
        while at >= 0:
            if token := _TOKEN.match(sealed, at - 1):
                pieces += (sealed[done : at - 1], self._open_token(about, token[1], token[2]))
                done = token.end()
            at = sealed.find(_MARK, at + 1)
        return b"".join((*pieces, sealed[done:]))

    def _open_token(self, about: bytes, key_id: bytes, text: bytes) -> bytes:
        secret = a2b_base64(text.translate(_TO_STANDARD))
        try:
            cipher = self._keyring.find(unhexlify(key_id)).cipher
            return cipher.decrypt(secret[:_NONCE], secret[_NONCE:], about)
        except KeyDestroyed:
            return b'"%b"' % ERASED.encode()
        except InvalidTag as error:
            raise SealBroken(
                f"event {about.decode()}: a sealed literal does not belong here"
            ) from error


def _sealed(event: Sealable, keys: Iterator[DataKey], nonces: Iterator[bytes]) -> bytes:
    """The event with its personal literals sealed: the next key for each span of it."""
    body, about = event.body, event.event_id.encode()
    for span in event.spans:
        key, sealed = next(keys), span.container
        for name, literal in span.members:
            start = _find_literal(sealed, name, literal)
            token = _token(key, next(nonces), literal, about)
            sealed = sealed[:start] + token + sealed[start + len(literal) :]
        body = body.replace(span.container, sealed)
    return body


def _token(key: DataKey, nonce: bytes, literal: bytes, about: bytes) -> bytes:
    secret = b2a_base64(nonce + key.cipher.encrypt(nonce, literal, about), newline=False)
    return b'"sealed:1:%b:%b"' % (key.key_id.hex().encode(), secret.translate(_TO_URL_SAFE))


def _find_literal(container: bytes, name: str, literal: bytes) -> int:
    """Where the literal stands as the value of the named member.

    Raises:
        BadEvent: nowhere, in so many words.
    """
    member = b'"%b"' % name.encode()
    plain = member + b":" + literal
    if container.count(member) == 1 and (at := container.find(plain)) >= 0:
        return at + len(plain) - len(literal)  # as all of our own writing
    for match in _MEMBER.finditer(container):
        if match[1] == member[1:-1] and container.startswith(literal, match.end()):
            return match.end()
    raise BadEvent(Reason.MALFORMED, f"personal member {name!r} is not written plainly")

"""What one process alone may read, on its way through a broker that keeps and shows all it gets.

The recipient makes a key pair (X25519) and tells its public half. The sender makes one of its own
for each message, so a message says nothing about another one; from both, HKDF-SHA256 (RFC 5869)
derives the key of AES-256-GCM. Written down for other languages in ``docs/reference/wire.md``.

This keeps a secret from whoever only reads along. Who may tell us their public key, and as whom, is
the broker's to say (a device writes to its own topics), and who the broker is, TLS's.
"""

from __future__ import annotations

import os
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from models.vault.errors import BadRecipient, SealBroken

_PUBLIC_BYTES: Final = 32
_PURPOSE: Final = b"lianke exchange 1"
_NONCE: Final = bytes(12)
"""Always the same: each message has a key of its own, and a key seals one message."""


class Recipient:
    """A key pair that lives in memory and ends with its process. Never printed, never stored."""

    def __init__(self, random: Callable[[int], bytes] = os.urandom) -> None:
        self._private = X25519PrivateKey.from_private_bytes(random(_PUBLIC_BYTES))
        self._public = self._private.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        return f"Recipient({self.public})"

    @property
    def public(self) -> str:
        """The half that is told: 32 bytes in base64url."""
        return urlsafe_b64encode(self._public).decode()

    def open(self, sealed: str, place: str) -> bytes:
        """What was sealed to us for this place.

        Raises:
            SealBroken: it was sealed to somebody else, for another place, or was changed.
        """
        try:
            message = b64decode(sealed, altchars="-_", validate=True)
            theirs, body = message[:_PUBLIC_BYTES], message[_PUBLIC_BYTES:]
            shared = self._private.exchange(X25519PublicKey.from_public_bytes(theirs))
            return _cipher(shared, theirs, self._public).decrypt(_NONCE, body, place.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken(
                f"{place}: sealed to another key or for another place, or changed on its way"
            ) from error


def seal_to(
    public: str, plain: bytes, place: str, random: Callable[[int], bytes] = os.urandom
) -> str:
    """Seal bytes so that they open for one recipient, and for one place (a name, an id).

    Raises:
        BadRecipient: ``public`` is no public key of anybody's.
    """
    ours = X25519PrivateKey.from_private_bytes(random(_PUBLIC_BYTES))
    told = ours.public_key().public_bytes_raw()
    try:
        theirs = b64decode(public, altchars="-_", validate=True)
        shared = ours.exchange(X25519PublicKey.from_public_bytes(theirs))
    except ValueError as error:  # of another length, or a point that gives no secret
        raise BadRecipient("no X25519 public key in base64url") from error
    body = _cipher(shared, told, theirs).encrypt(_NONCE, plain, place.encode())
    return urlsafe_b64encode(told + body).decode()


def _cipher(shared: bytes, sender: bytes, recipient: bytes) -> AESGCM:
    """Both public keys are in it: the secret of two points does not name them."""
    return AESGCM(HKDF(SHA256(), 32, salt=sender + recipient, info=_PURPOSE).derive(shared))

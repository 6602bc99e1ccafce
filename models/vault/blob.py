"""Whole files sealed under the master key: quarantined input, archives, dead letters, cards.

Unreadable input names nobody, so there is no identifier whose key could close it; it is closed as
a whole and ends by its retention period instead.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from typing import Final

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from models.vault.errors import SealBroken
from models.vault.master import MasterKey

_MAGIC: Final = b"LKS1"
_NONCE: Final = 12
_MARK_CHARS: Final = 16


class BlobSealer:
    """Compresses and seals bytes for one purpose. Safe for several threads."""

    def __init__(
        self, master: MasterKey, purpose: str, random: Callable[[int], bytes] = os.urandom
    ) -> None:
        self._cipher = AESGCM(master.derive(f"lianke blob {purpose}"))
        self._marking = master.derive(f"lianke mark {purpose}")
        self._purpose = purpose
        self._random = random

    def seal(self, plain: bytes, place: str) -> bytes:
        """Sealed bytes that open only for the same place (a name, an id)."""
        nonce = self._random(_NONCE)
        packed = zstandard.ZstdCompressor(level=3).compress(plain)
        return _MAGIC + nonce + self._cipher.encrypt(nonce, packed, place.encode())

    def mark(self, place: str) -> str:
        """A name for a place that says nothing of it to those without the key; 64 bits in hex."""
        return hmac.digest(self._marking, place.encode(), "sha256").hex()[:_MARK_CHARS]

    def open(self, sealed: bytes, place: str) -> bytes:
        """The plain bytes; raises SealBroken for other bytes, another place or another key."""
        if not sealed.startswith(_MAGIC):
            raise SealBroken(f"{self._purpose} {place}: not a sealed blob")
        body = sealed[len(_MAGIC) :]
        try:
            packed = self._cipher.decrypt(body[:_NONCE], body[_NONCE:], place.encode())
        except (InvalidTag, ValueError) as error:  # ValueError: cut off within the nonce
            raise SealBroken(
                f"{self._purpose} {place}: wrong key, wrong place or changed"
            ) from error
        return zstandard.ZstdDecompressor().decompress(packed)

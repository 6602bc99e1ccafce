"""Who sent a webhook: a keyed digest over its raw bytes, compared in constant time."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Signature:
    """HMAC-SHA256 in base64, in a header.

    Attributes:
        header: its name, in small letters.
        key: what both sides know.
        before: what is signed in front of the body; Square signs its notification URL.
    """

    header: str
    key: bytes = field(repr=False)
    before: bytes = b""

    def proves(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether the body was signed with the key; takes as long for each that was not."""
        expected = hmac.digest(self.key, self.before + body, sha256)
        try:
            given = base64.b64decode(headers.get(self.header, ""), validate=True)
        except (binascii.Error, ValueError):
            given = b""
        return hmac.compare_digest(expected, given)


def shopify_signature(secret: str) -> Signature:
    """As Shopify signs: the body alone."""
    return Signature("x-shopify-hmac-sha256", secret.encode())


def square_signature(key: str, notification_url: str) -> Signature:
    """As Square signs: the notification URL, then the body."""
    return Signature("x-square-hmacsha256-signature", key.encode(), notification_url.encode())

"""Random tokens and what is kept of them.

A token is 256 random bits, so its plain SHA-256 is enough: a slow hash such as Argon2 protects
what people choose and others can guess, and nobody can guess 2^256 values however fast the hash.
What people type, the password and the short set-up code, is in ``typed_secret``.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Final

RandomBytes = Callable[[int], bytes]
"""A source of randomness such as ``os.urandom``."""

TOKEN_BYTES: Final = 32
LONGEST_TOKEN: Final = 128
"""Characters that are looked at; ours have 43."""


def new_token(random: RandomBytes) -> str:
    """256 random bits as 43 characters of base64url."""
    return urlsafe_b64encode(random(TOKEN_BYTES)).rstrip(b"=").decode()


def sha256_of(token: str) -> bytes:
    """What is stored instead of the token."""
    return hashlib.sha256(token[:LONGEST_TOKEN].encode()).digest()

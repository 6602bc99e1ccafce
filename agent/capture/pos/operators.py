"""Cashiers go by a pseudonym: the same person has one name in a shop, and nobody can say whose."""

from __future__ import annotations

import hmac
from hashlib import sha256
from pathlib import Path
from typing import Final

from agent.config.secret_file import read_secret
from agent.errors import BadConfiguration

_KEY_BYTES: Final = 32
_PSEUDONYM_BYTES: Final = 5  # 40 bits: no two of a shop's cashiers meet, and nothing else is in it


def operator_pseudonym(operator: str, key: bytes, store: str) -> str:
    """40 bits of a keyed HMAC in hex; empty without a number or a key.

    Args:
        operator: the cashier's number as the till writes it.
        key: the tenant's; without it the number cannot be found by trying all numbers.
        store: two shops' cashiers with one number are two people.
    """
    if not operator or not key:
        return ""
    digest = hmac.digest(key, f"operator\x1f{store}\x1f{operator}".encode(), sha256)
    return digest[:_PSEUDONYM_BYTES].hex()


def read_operator_key(path: Path) -> bytes:
    """The tenant's key, as its cloud printed it.

    Raises:
        BadConfiguration: it cannot be read, others can read it, too, or it is no such key.
    """
    text = read_secret(path, "operator key")
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise BadConfiguration(
            f"operator key {path} is not {2 * _KEY_BYTES} hexadecimal digits; print it anew with: "
            "lianke-cloud operator-key"
        )
    return key

"""The tenant's key of the cashiers' pseudonyms, where somebody has put it into a file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from agent.config.secret_file import read_secret
from agent.errors import BadConfiguration

OPERATOR_KEY_BYTES: Final = 32


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
    if len(key) != OPERATOR_KEY_BYTES:
        raise BadConfiguration(
            f"operator key {path} is not {2 * OPERATOR_KEY_BYTES} hexadecimal digits; print it "
            "anew with: lianke-cloud operator-key"
        )
    return key

"""Bearer tokens, kept hashed, from a file that only its owner can read."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from agent.config.secret_file import read_secret
from agent.errors import BadConfiguration

_HASHED: Final = "sha256:"
_DIGEST_BYTES: Final = 32
_SHORTEST: Final = 24  # characters; at six bits each no list of guesses gets through
_SCHEME: Final = "bearer "


class BearerTokens:
    """The tokens that let a till in. Only their digests are kept."""

    def __init__(self, digests: Sequence[bytes]) -> None:
        self._digests = tuple(digests)

    @classmethod
    def read(cls, path: Path) -> BearerTokens:
        """One token, or ``sha256:`` and its digest, per line.

        Raises:
            BadConfiguration: as ``read_secret``, or a token is too short to be one.
        """
        lines = [line.strip() for line in read_secret(path, "token file").splitlines()]
        return cls([_digest(line, path) for line in lines if line])

    def let_in(self, authorization: str) -> bool:
        """Whether a header names one of them; takes as long for every token that is wrong."""
        if authorization[: len(_SCHEME)].casefold() != _SCHEME:
            return False
        given = sha256(authorization[len(_SCHEME) :].strip().encode()).digest()
        # Every one is compared: how long it takes must not say which was nearly right.
        return sum(hmac.compare_digest(given, each) for each in self._digests) > 0


def _digest(line: str, path: Path) -> bytes:
    if not line.startswith(_HASHED):
        if len(line) < _SHORTEST:
            raise BadConfiguration(
                f"token file {path}: a token has fewer than {_SHORTEST} characters; make one with "
                "openssl rand -hex 32"
            )
        return sha256(line.encode()).digest()
    try:
        digest = bytes.fromhex(line.removeprefix(_HASHED))
    except ValueError:
        digest = b""
    if len(digest) != _DIGEST_BYTES:
        raise BadConfiguration(f"token file {path}: {_HASHED} needs 64 hexadecimal digits")
    return digest

"""The PIN of the set-up page, kept as a slow hash beside the device's keys."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from agent.errors import BadConfiguration, DiskUnusable, InvalidInput
from models.durable import write_whole

DIGITS: Final = 8
SHORTEST: Final = 6
LONGEST: Final = 64

_SALT_BYTES: Final = 16
_COST: Final = 1 << 14
_BLOCK: Final = 8
"""16 MB and some 50 ms a try: little for whoever knows it, much for whoever tries them all."""


class _Kept(msgspec.Struct, frozen=True):
    """What lies in the file: how the hash was made, and the hash. Both hexadecimal."""

    salt: str
    digest: str
    cost: int
    block: int


class PinFile:
    """The file that holds it. What is not there lets nobody in."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def is_set(self) -> bool:
        """Whether there is a PIN at all."""
        return self._path.exists()

    def keep(self, pin: str, random: Callable[[int], bytes] = os.urandom) -> None:
        """Replace the PIN; who had entered the old one stays until that visit ends.

        Raises:
            InvalidInput: it is too short or too long.
            DiskUnusable: the file cannot be written.
        """
        if not SHORTEST <= len(pin) <= LONGEST:
            raise InvalidInput(
                f"a PIN of {len(pin)} characters; give {SHORTEST} to {LONGEST}, or none and let "
                "one be made"
            )
        salt = random(_SALT_BYTES)
        kept = _Kept(salt.hex(), _digest(pin, salt, _COST, _BLOCK).hex(), _COST, _BLOCK)
        earlier = os.umask(0o077)
        try:
            write_whole(self._path, msgspec.json.encode(kept))
        except OSError as error:
            raise DiskUnusable(
                f"{self._path}: {error.strerror}; run this as the user of the agent"
            ) from error
        finally:
            os.umask(earlier)

    def remove(self) -> None:
        """Let nobody in any more. Idempotent; raises DiskUnusable."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise DiskUnusable(
                f"{self._path}: {error.strerror}; run this as the user of the agent"
            ) from error

    def fits(self, pin: str) -> bool:
        """Whether this is it; takes some 50 ms of the processor.

        Raises:
            BadConfiguration: there is a PIN, and it cannot be read.
        """
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=_Kept)
            salt, digest = bytes.fromhex(kept.salt), bytes.fromhex(kept.digest)
        except FileNotFoundError:
            return False
        except (OSError, ValueError) as error:
            raise BadConfiguration(
                f"{self._path} cannot be read; set the PIN again with lianke-agent cameras pin"
            ) from error
        return hmac.compare_digest(_digest(pin, salt, kept.cost, kept.block), digest)


def new_pin(random: Callable[[int], bytes] = os.urandom) -> str:
    """Eight digits by chance."""
    return f"{int.from_bytes(random(16), 'big') % 10**DIGITS:0{DIGITS}d}"


def _digest(pin: str, salt: bytes, cost: int, block: int) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=cost, r=block, p=1, dklen=32)

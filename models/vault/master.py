"""The master key: 32 random bytes in a file of its own, outside the database and its backups.

Everything else is derived from it or wrapped by it (envelope encryption). Losing the file means
losing every phone number; so the operator backs it up apart from the data.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from models.durable import make_folder, sync_folder
from models.vault.errors import MasterKeyUnusable

_SIZE = 32


@dataclass(frozen=True, slots=True, repr=False)
class MasterKey:
    """Derives the keys of one tenant or one device. Never printed: it has no repr of its bytes."""

    secret: bytes

    def __repr__(self) -> str:
        return "MasterKey(…)"

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose (HKDF-SHA256, RFC 5869)."""
        return HKDF(SHA256(), _SIZE, salt=None, info=purpose.encode()).derive(self.secret)


@dataclass(frozen=True, slots=True, repr=False)
class Fingerprints:
    """Keyed look-ups: HMAC-SHA256 of an identifier, so that a table of them cannot be guessed."""

    key: bytes

    def __repr__(self) -> str:
        return "Fingerprints(…)"

    def of(self, namespace: str, value: str) -> bytes:
        """The 32-byte fingerprint of a value in its name space."""
        return hmac.digest(self.key, f"{namespace}\x1f{value}".encode(), sha256)


def load_or_create(path: Path, random: Callable[[int], bytes] = os.urandom) -> MasterKey:
    """Read the master key, or make one (mode 0600) where there is none yet.

    Raises:
        MasterKeyUnusable: the file has another size, is readable by others, or cannot be made.
    """
    try:
        if not path.exists():
            _create(path, random(_SIZE))
        secret, mode = path.read_bytes(), path.stat().st_mode
    except OSError as error:
        raise MasterKeyUnusable(
            f"master key {path}: {error.strerror}; make its folder writable for this user"
        ) from error
    if len(secret) != _SIZE:
        raise MasterKeyUnusable(
            f"master key {path} has {len(secret)} bytes, not {_SIZE}; restore it from its backup"
        )
    if os.name == "posix" and mode & 0o077:
        raise MasterKeyUnusable(f"master key {path} is readable by others; run: chmod 600 {path}")
    return MasterKey(secret)


def _create(path: Path, secret: bytes) -> None:
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(descriptor)
    try:
        os.link(draft, path)  # not replace: when two processes start at once, the first key stands
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    sync_folder(path.parent)

"""One data key per identifier, wrapped by the master key, in a SQLite file of its own.

Erasing a person is destroying their keys here: ledger, outbox, dead letters and replica keep bytes
that nobody can read any more. The file lies outside the database and its backups, and is copied
apart from them. A destroyed key leaves a tombstone: the same identifier gets a new key later (a
recycled phone number is somebody else's), while the old ciphertexts stay closed.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from models.durable import make_folder
from models.vault.errors import KeyDestroyed, SealBroken
from models.vault.master import Fingerprints, MasterKey

_SCHEMA = """
CREATE TABLE IF NOT EXISTS data_key (
    key_id      BLOB PRIMARY KEY,              -- 16 random bytes, named by every sealed literal
    fingerprint BLOB NOT NULL,                 -- keyed HMAC of name space and identifier
    wrapped     BLOB,                          -- NULL once destroyed
    destroyed   INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS data_key_live ON data_key (fingerprint) WHERE destroyed = 0;
"""
_NONCE = 12
_CACHED = 20_000
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, repr=False)
class DataKey:
    """An unwrapped key. Lives in memory only."""

    key_id: bytes
    cipher: AESGCM

    def __repr__(self) -> str:
        return f"DataKey({self.key_id.hex()})"


class Keyring:
    """Finds, makes and destroys data keys. Safe for several threads and processes.

    A new key is on the disk (``synchronous=FULL``) before it is returned, so no sealed literal can
    outlive its key through a power cut. Known keys cost a dictionary look-up.
    """

    def __init__(
        self, path: Path, master: MasterKey, random: Callable[[int], bytes] = os.urandom
    ) -> None:
        make_folder(path.parent)
        self._random = random
        self._wrapping = AESGCM(master.derive("lianke keyring wrap"))
        self.fingerprints = Fingerprints(master.derive("lianke keyring fingerprint"))
        self._lock = threading.Lock()
        self._by_fingerprint: OrderedDict[bytes, DataKey] = OrderedDict()
        self._by_id: OrderedDict[bytes, DataKey] = OrderedDict()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("PRAGMA secure_delete=ON")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file; the keyring must not be used afterwards."""
        with self._lock:
            self._db.close()

    def obtain(self, namespace: str, value: str) -> DataKey:
        """The live key of an identifier, made durably when it is the first time."""
        return self.obtain_all([(namespace, value)])[0]

    def obtain_all(self, identifiers: list[tuple[str, str]]) -> list[DataKey]:
        """The live keys of many identifiers, in order, with at most one disk sync for all."""
        prints = [self.fingerprints.of(namespace, value) for namespace, value in identifiers]
        with self._lock:
            found = {p: self._cached(p) for p in dict.fromkeys(prints)}
            known = {p: key for p, key in found.items() if key is not None}
            known |= self._load_or_make([p for p in found if p not in known])
            return [known[p] for p in prints]

    def find(self, key_id: bytes) -> DataKey:
        """The key that a sealed literal names.

        Raises:
            KeyDestroyed: it was destroyed, or is not in this keyring at all.
            SealBroken: it was wrapped by another master key.
        """
        known = self._by_id.get(key_id)  # one step of the interpreter: it needs no lock
        if known is not None:
            return known
        with self._lock:
            row = self._db.execute(
                "SELECT fingerprint, wrapped FROM data_key WHERE key_id = ?", (key_id,)
            ).fetchone()
            if row is None or row[1] is None:
                raise KeyDestroyed(f"key {key_id.hex()} was destroyed or never was in this keyring")
            return self._remember(row[0], self._unwrap(key_id, row[1]), live=False)

    def destroy(self, namespace: str, value: str) -> int:
        """Destroy every key of an identifier; returns how many there were. Cannot be undone."""
        fingerprint = self.fingerprints.of(namespace, value)
        with self._lock:
            destroyed = self._db.execute(
                "UPDATE data_key SET wrapped = NULL, destroyed = 1"
                " WHERE fingerprint = ? AND destroyed = 0 RETURNING key_id",
                (fingerprint,),
            ).fetchall()
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._by_fingerprint.pop(fingerprint, None)
            for (key_id,) in destroyed:
                self._by_id.pop(key_id, None)
        return len(destroyed)

    def _cached(self, fingerprint: bytes) -> DataKey | None:
        known = self._by_fingerprint.get(fingerprint)
        if known is not None:
            self._by_fingerprint.move_to_end(fingerprint)
        return known

    def _load_or_make(self, fingerprints: list[bytes]) -> dict[bytes, DataKey]:
        """Keys that were not in memory; they are remembered only once they are on the disk."""
        if not fingerprints:
            return {}
        self._db.execute("BEGIN IMMEDIATE")
        try:
            keys = self._read_all(fingerprints)
            keys |= self._make_all([each for each in fingerprints if each not in keys])
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        for fingerprint, key in keys.items():
            self._remember(fingerprint, key)
        return keys

    def _read_all(self, fingerprints: Sequence[bytes]) -> dict[bytes, DataKey]:
        """Few statements for many keys: each gives the interpreter's lock away and waits for it."""
        keys: dict[bytes, DataKey] = {}
        for start in range(0, len(fingerprints), _AT_ONCE):
            some = fingerprints[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            keys |= {
                fingerprint: self._unwrap(key_id, wrapped)
                for fingerprint, key_id, wrapped in self._db.execute(
                    "SELECT fingerprint, key_id, wrapped FROM data_key"  # noqa: S608 - only marks
                    f" WHERE destroyed = 0 AND fingerprint IN ({marks})",
                    some,
                ).fetchall()
            }
        return keys

    def _make_all(self, fingerprints: Sequence[bytes]) -> dict[bytes, DataKey]:
        made = [self._make(fingerprint) for fingerprint in fingerprints]
        self._db.executemany(
            "INSERT INTO data_key (key_id, fingerprint, wrapped) VALUES (?, ?, ?)",
            [(key.key_id, fingerprint, wrapped) for fingerprint, key, wrapped in made],
        )
        return {fingerprint: key for fingerprint, key, _ in made}

    def _make(self, fingerprint: bytes) -> tuple[bytes, DataKey, bytes]:
        """A new key of this fingerprint, also as it is stored."""
        random = self._random(16 + 32 + _NONCE)
        key_id, secret, nonce = random[:16], random[16:48], random[48:]
        wrapped = nonce + self._wrapping.encrypt(nonce, secret, key_id)
        return fingerprint, DataKey(key_id, AESGCM(secret)), wrapped

    def _unwrap(self, key_id: bytes, wrapped: bytes) -> DataKey:
        try:
            secret = self._wrapping.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], key_id)
        except InvalidTag as error:
            raise SealBroken(
                f"key {key_id.hex()} does not fit the master key; restore the right key file"
            ) from error
        return DataKey(key_id, AESGCM(secret))

    def _remember(self, fingerprint: bytes, key: DataKey, *, live: bool = True) -> DataKey:
        self._by_id[key.key_id] = key
        if live:
            self._by_fingerprint[fingerprint] = key
        for cache in (self._by_id, self._by_fingerprint):
            while len(cache) > _CACHED:
                cache.popitem(last=False)
        return key

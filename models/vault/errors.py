"""What can be wrong with keys and sealed data.

VaultError
  MasterKeyUnusable   missing, of the wrong size, or readable by others
  KeyDestroyed        the identifier was erased; its data cannot be read again, by intent
  SealBroken          the ciphertext does not fit its key or its place: tampering or corruption
  BadRecipient        what is given as a public key is none, so nothing can be sealed to it
"""

from __future__ import annotations


class VaultError(Exception):
    """Sealed data cannot be made or read."""


class MasterKeyUnusable(VaultError):
    """The master key file cannot be used; the message says what to do."""


class KeyDestroyed(VaultError):
    """The key of this identifier was destroyed on purpose."""


class SealBroken(VaultError):
    """Authentication failed: wrong key, wrong place or changed bytes."""


class BadRecipient(VaultError):
    """What is given as a public key is none; nothing was sealed."""

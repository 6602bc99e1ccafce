"""Secrets that people choose or type: the rule for passwords, the set-up code, and their hash."""

from __future__ import annotations

import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from cloud.access.errors import WeakPassword
from cloud.access.random_token import RandomBytes

SHORTEST_PASSWORD: Final = 10
LONGEST_PASSWORD: Final = 256

_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0/O and 1/I/L, which look alike on a terminal."""

_GROUPS: Final = 3
_GROUP: Final = 4
_BYTES_PER_LETTER: Final = 4


def check_password(password: str) -> None:
    """Raise WeakPassword unless the length is right. Length is what protects, not odd characters.

    (NIST SP 800-63B, section 5.1.1.2, for the absence of other rules.)
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise WeakPassword(
            f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters, "
            f"not {len(password)}"
        )


def new_set_up_code(random: RandomBytes) -> str:
    """A code to read off a terminal: 12 of 31 letters, 59 bits, as ``K7QF-2M9X-8TRD``."""
    letters = [
        # 32 bits a letter: modulo 31 then favours no letter by more than 1 in 10^8
        _ALPHABET[int.from_bytes(random(_BYTES_PER_LETTER), "big") % len(_ALPHABET)]
        for _ in range(_GROUPS * _GROUP)
    ]
    return "-".join("".join(letters[at : at + _GROUP]) for at in range(0, len(letters), _GROUP))


def plain_code(typed: str) -> str:
    """A set-up code as it is compared: capitals, without spaces and hyphens."""
    return "".join(letter for letter in typed.upper()[:LONGEST_PASSWORD] if letter.isalnum())


class TypedSecrets:
    """Hashes and checks with Argon2id. Safe for several threads.

    One check at a time: each takes 64 MiB, and forty threads that were sent wrong passwords
    together must not take a small server's memory.
    """

    def __init__(self, hasher: PasswordHasher, random: RandomBytes) -> None:
        """``hasher`` carries the cost; argon2-cffi's default is RFC 9106's second choice."""
        self._hasher = hasher
        self._random = random
        self._one_at_a_time = threading.Lock()

    def hash(self, secret: str) -> str:
        """The hash with its parameters and a fresh salt, as the PHC string format has it."""
        with self._one_at_a_time:
            return self._hasher.hash(secret, salt=self._random(16))

    def matches(self, hashed: str, secret: str) -> bool:
        """Whether the secret is the hashed one."""
        if len(secret) > LONGEST_PASSWORD:
            return False
        with self._one_at_a_time:
            try:
                return self._hasher.verify(hashed, secret)
            except VerifyMismatchError:
                return False

    def is_outdated(self, hashed: str) -> bool:
        """Whether the hash was made at another cost than today's."""
        return self._hasher.check_needs_rehash(hashed)

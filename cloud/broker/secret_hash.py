"""Secrets of devices and cloud workers, and the two hashed forms that brokers understand.

Secrets are made here, 256 random bits each, and shown once; the registry keeps only the hashes.
A slow hash protects a password that can be guessed. 2^256 values cannot be, however fast the hash
is, and a slow one would make a thousand devices that come back after a power cut wait minutes for
their broker. So both forms are made at the lowest cost, and anything shorter is refused.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import bcrypt

from cloud.broker.errors import InvalidLogin, WeakSecret

RandomBytes = Callable[[int], bytes]
"""A source of randomness such as ``os.urandom``."""

SECRET_BYTES: Final = 32
_SECRET = re.compile(r"[A-Za-z0-9_-]{43,72}")  # base64url of 32 bytes; bcrypt reads at most 72
_BCRYPT = re.compile(r"\$2b\$\d\d\$[./A-Za-z0-9]{53}")
_PBKDF2 = re.compile(r"\$7\$\d{1,9}\$[A-Za-z0-9+/]{16}\$[A-Za-z0-9+/]{86}==")

_BCRYPT_COST: Final = 4  # the lowest that bcrypt allows: about 1 ms a login
_PBKDF2_ROUNDS: Final = 101  # what mosquitto_passwd writes
_PBKDF2_SALT_BYTES: Final = 12  # the one length that Mosquitto 2.0 reads
_TO_BCRYPT_ALPHABET: Final = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
)


@dataclass(frozen=True, slots=True)
class SecretHash:
    """One secret in the forms of both brokers; raises InvalidLogin when a form is not of its kind.

    Attributes:
        bcrypt: ``$2b$04$…``, for NATS.
        pbkdf2: ``$7$101$<salt>$<hash>``, PBKDF2 with SHA-512, for Mosquitto's password file.
    """

    bcrypt: str = field(repr=False)
    pbkdf2: str = field(repr=False)

    def __post_init__(self) -> None:
        for form, pattern in ((self.bcrypt, _BCRYPT), (self.pbkdf2, _PBKDF2)):
            if not pattern.fullmatch(form):
                raise InvalidLogin(
                    f"a stored secret hash begins with {form[:4]!r} and is not of the form "
                    f"{pattern.pattern}: enrol this device again"
                )


def new_secret(random_bytes: RandomBytes) -> str:
    """A fresh secret: 256 random bits as 43 characters of base64url."""
    return base64.urlsafe_b64encode(random_bytes(SECRET_BYTES)).rstrip(b"=").decode()


def hash_secret(secret: str, random_bytes: RandomBytes) -> SecretHash:
    """Hash a secret for both brokers, with fresh salts; raises WeakSecret."""
    if not _SECRET.fullmatch(secret):
        raise WeakSecret(
            f"a secret of {len(secret)} characters is not one of our tokens (43-72 of base64url): "
            "make it with new_secret"
        )
    return SecretHash(
        bcrypt=bcrypt.hashpw(secret.encode(), _bcrypt_salt(random_bytes(16))).decode(),
        pbkdf2=_pbkdf2(secret, random_bytes(_PBKDF2_SALT_BYTES)),
    )


def _bcrypt_salt(random: bytes) -> bytes:
    digits = base64.b64encode(random).rstrip(b"=").translate(_TO_BCRYPT_ALPHABET)
    return b"$2b$%02d$%s" % (_BCRYPT_COST, digits)


def _pbkdf2(secret: str, salt: bytes) -> str:
    key = hashlib.pbkdf2_hmac("sha512", secret.encode(), salt, _PBKDF2_ROUNDS)
    return f"$7${_PBKDF2_ROUNDS}${_base64(salt)}${_base64(key)}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()

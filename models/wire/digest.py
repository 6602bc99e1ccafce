"""The digest that tells a repeat from a conflict, and one revision of a sale from the next.

SHA-256 over the canonical JSON (RFC 8785) of an event's ``data`` without its ``capture``,
``operator_ref`` and ``revision`` members: what was sold counts, not which adapter saw it, in which
file, or whether the device had a key by then to give the cashier a pseudonym. Facts that devices
digest hold no floats (money is integers, quantities are decimal strings) and only ASCII keys, so
sorting keys and dropping white space is all that RFC 8785 asks. Fields unknown to this version are
included, so the digest does not change when the cloud is upgraded.

The digest lies beside data whose personal literals are sealed, so it must not give them away: a
phone number could be guessed until the hash fits, also long after its key was destroyed. Therefore
names are left out, and of each identifier only a check of 12 bits goes in: a corrected identifier
still makes another digest (but for one in 4,096), while hundreds of thousands of mobile numbers fit
any one check.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from models.wire.ack import Reason
from models.wire.errors import DECODE_FAULTS, BadEvent, describe

OUTSIDE = frozenset({"capture", "operator_ref", "person", "revision"})
"""Members of an event's data that say nothing about what happened."""

_IDENTIFIER_LISTS = frozenset({"identifiers", "loyalty"})
PERSONAL = frozenset({"family_name", "given_name", "value"})
"""Members of an identifier that do not enter the digest as they are."""

_CHECK_DIGITS = 3  # of four bits each
_DECODER = msgspec.json.Decoder(dict[str, Any])
_ENCODER = msgspec.json.Encoder(order="deterministic")


def content_digest(data: bytes | msgspec.Raw) -> bytes:
    """The 32-byte digest of an event's data.

    Raises:
        BadEvent: ``data`` is not a JSON object.
    """
    try:
        content = _DECODER.decode(data)
    except DECODE_FAULTS as error:
        raise BadEvent(Reason.MALFORMED, f"data is not a JSON object: {describe(error)}") from error
    for name in OUTSIDE:
        content.pop(name, None)
    for name in _IDENTIFIER_LISTS & content.keys():
        content[name] = [checked(each) for each in _list_of_objects(content[name])]
    return hashlib.sha256(_ENCODER.encode(content)).digest()


def _list_of_objects(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        return value
    raise BadEvent(Reason.MALFORMED, "identifiers must be a list of objects")


def checked(entry: dict[str, Any]) -> dict[str, Any]:
    """An identifier as it enters the digest: what it is, and a check instead of its value."""
    check = check_of(entry.get("scheme"), entry.get("value"))
    return {name: entry[name] for name in entry.keys() - PERSONAL} | {"check": check}


def check_of(scheme: object, value: object) -> str:
    """What of an identifier enters the digest instead of its value."""
    said = f"{scheme}\x1f{value}".encode()
    return hashlib.sha256(said).hexdigest()[:_CHECK_DIGITS]

"""The digest that tells a repeat from a conflict, and one revision of a sale from the next.

SHA-256 over the canonical JSON (RFC 8785) of an event's ``data`` without its ``capture``,
``operator_ref`` and ``revision`` members: what was sold counts, not which adapter saw it, in which
file, or under which device's pseudonym the cashier goes. Our data holds no floats (money is
integers, quantities are decimal strings) and only ASCII keys, so sorting keys and dropping white
space is all that RFC 8785 asks. Fields unknown to this version are included, so the digest does
not change when the cloud is upgraded.
"""

from __future__ import annotations

import hashlib

import msgspec

from models.wire.ack import Reason
from models.wire.errors import BadEvent, describe

_DECODER = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ANY = msgspec.json.Decoder()
_ENCODER = msgspec.json.Encoder(order="deterministic")
_OUTSIDE = frozenset({"capture", "operator_ref", "revision"})


def content_digest(data: bytes | msgspec.Raw) -> bytes:
    """The 32-byte digest of an event's data.

    Raises:
        BadEvent: ``data`` is not a JSON object, or holds a number that is not an integer.
    """
    try:
        members = _DECODER.decode(data)
        content = {key: _ANY.decode(raw) for key, raw in members.items() if key not in _OUTSIDE}
    except msgspec.DecodeError as error:
        raise BadEvent(Reason.MALFORMED, f"data is not a JSON object: {describe(error)}") from error
    return hashlib.sha256(_ENCODER.encode(content)).digest()

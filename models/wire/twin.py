"""The twin: what the cloud wants of a device, and what the device says it is.

Documents are whole and versioned; a receiver ignores a version it has already passed.
"""

from __future__ import annotations

import msgspec

from models.wire.errors import DECODE_FAULTS, WireError, describe


class Desired(msgspec.Struct, frozen=True, kw_only=True):
    """What the cloud wants: a document of settings, and its version, which only grows."""

    version: int
    document: dict[str, msgspec.Raw]
    v: int = 1


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """What the device runs with.

    Attributes:
        version: grows with every report of this device.
        desired: the version of the desired document that is in force, 0 for none.
    """

    version: int
    desired: int
    document: dict[str, msgspec.Raw]
    v: int = 1


def decode_desired(payload: bytes) -> Desired:
    """Read a desired document; raises WireError."""
    try:
        return msgspec.json.decode(payload, type=Desired)
    except DECODE_FAULTS as error:
        raise WireError(f"not a desired document: {describe(error)}") from error


def decode_reported(payload: bytes) -> Reported:
    """Read a reported document; raises WireError."""
    try:
        return msgspec.json.decode(payload, type=Reported)
    except DECODE_FAULTS as error:
        raise WireError(f"not a reported document: {describe(error)}") from error

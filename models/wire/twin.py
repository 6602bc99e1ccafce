"""The twin: what the cloud wants of a device, and what the device says it is.

Documents are whole and versioned; a receiver ignores a version it has already passed.
"""

from __future__ import annotations

from typing import Final

import msgspec

from models.wire.errors import DECODE_FAULTS, TooLarge, WireError, describe

MAX_DESIRED_BYTES: Final = 64 * 1024
"""A desired document on the wire: settings, not files."""

TWIN_VERSION: Final = 1
"""The form of both documents that this code knows."""


class Desired(msgspec.Struct, frozen=True, kw_only=True):
    """What the cloud wants: a document of settings, and its version, which only grows from 1."""

    version: int
    document: dict[str, msgspec.Raw]
    v: int = 1


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """What the device runs with.

    Attributes:
        version: grows with every report of this device.
        desired: the version of the desired document that is in force, 0 for none.
        refused: the version of a later one that is not, 0 where it could not be read.
        refusal: why the last document that came was not taken; empty where it was.
    """

    version: int
    desired: int
    document: dict[str, msgspec.Raw]
    refused: int = 0
    refusal: str = ""
    v: int = 1


def decode_desired(payload: bytes) -> Desired:
    """Read a desired document.

    Raises:
        TooLarge: more bytes than MAX_DESIRED_BYTES.
        WireError: not a document, of a later form, or without a version.
    """
    if len(payload) > MAX_DESIRED_BYTES:
        raise TooLarge(
            f"a desired document of {len(payload)} bytes; the limit is {MAX_DESIRED_BYTES}"
        )
    try:
        desired = msgspec.json.decode(payload, type=Desired)
        for setting in desired.document.values():
            msgspec.json.decode(setting)  # the decoder passes over raw values
    except DECODE_FAULTS as error:
        raise WireError(f"not a desired document: {describe(error)}") from error
    if desired.v != TWIN_VERSION or desired.version < 1:
        raise WireError(
            f"a desired document of form {desired.v} and version {desired.version}; expected form "
            f"{TWIN_VERSION} and a version from 1"
        )
    return desired


def decode_reported(payload: bytes) -> Reported:
    """Read a reported document; raises WireError."""
    try:
        return msgspec.json.decode(payload, type=Reported)
    except DECODE_FAULTS as error:
        raise WireError(f"not a reported document: {describe(error)}") from error

"""First and last words of a connection.

A birth says who speaks and what it holds; the cloud answers it with a welcome before the device
sends anything. A state is retained, and its offline form is left with the broker as the will.
"""

from __future__ import annotations

import msgspec

from models.wire.ack import EpochSettled
from models.wire.errors import DECODE_FAULTS, WireError, describe


class EpochHeld(msgspec.Struct, frozen=True):
    """One epoch of the device's outbox: the last sequence it assigned, per stream."""

    epoch: str
    streams: dict[str, int]


class Birth(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a device says first.

    Attributes:
        birth: a fresh random id per connection; the welcome repeats it.
        epochs: the current epoch first, then older ones that still hold unsettled events.
        ledger: the ledger generation last heard of, empty when none.
        cards: the last sequence of the shop's card feed that the device applied.
        monotonic: milliseconds since boot when this was said, as a decimal string; empty where the
            device does not say. From it the cloud learns how the boot's clock stands to its own.
        acknowledged: what the device holds as acknowledged by a ledger, under any epoch of which it
            keeps events; the welcome says what of it the present ledger lacks.
        said: by epoch, the last births that were said with this outbox, this one among them where
            it could be stored: whoever is the epoch's only owner can name the last one of all.
        seal_to: this process's public key (X25519, base64url), to which the welcome's
            ``operator_key`` is sealed; empty where the device wants none.
    """

    birth: str
    bootid: str
    agent_version: str
    started_at: str
    epochs: list[EpochHeld]
    capabilities: list[str] = []
    versions: dict[str, str] = {}
    ledger: str = ""
    cards: int = 0
    monotonic: str = ""
    acknowledged: list[EpochSettled] = []
    said: dict[str, list[str]] = {}
    seal_to: str = ""
    v: int = 1


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Online or offline. ``bootid`` and ``birth`` tell a late will from a newer connection."""

    online: bool
    bootid: str
    birth: str
    at: str
    v: int = 1


def decode_birth(payload: bytes) -> Birth:
    """Read a birth; raises WireError."""
    try:
        return msgspec.json.decode(payload, type=Birth)
    except DECODE_FAULTS as error:
        raise WireError(f"not a birth: {describe(error)}") from error


def decode_state(payload: bytes) -> State:
    """Read a state or a will; raises WireError."""
    try:
        return msgspec.json.decode(payload, type=State)
    except DECODE_FAULTS as error:
        raise WireError(f"not a state: {describe(error)}") from error

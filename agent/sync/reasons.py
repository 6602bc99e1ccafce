"""What a broker's reason codes mean for us, in words and as errors.

The names are those of MQTT 5 (section 2.4); paho gives MQTT 3.1.1's five return codes the same
ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

UNSUPPORTED_VERSION: Final = "Unsupported protocol version"
TAKEN_OVER: Final = "Session taken over"

REFUSALS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Bad user name or password": "enrol the device again or correct its password file",
        "Not authorized": "enrol the device again, or let the broker's access rules allow it",
        "Client identifier not valid": "the broker must accept the device's name as client id",
        "Bad authentication method": "the broker must accept a password or our certificate",
        "Banned": "lift the ban on the broker; it names this device",
    }
)
"""Reasons of a CONNACK or SUBACK that only a person can mend, and how."""

_ADVICE: Final[Mapping[str, str]] = MappingProxyType(
    {
        UNSUPPORTED_VERSION: 'set protocol = "auto" in [broker]',
        TAKEN_OVER: "another box uses this device's name: a cloned disk, or two agents",
        "Packet too large": "lower batch_bytes in [sync], or raise the broker's packet limit",
        "Receive maximum exceeded": "lower window in [sync]",
        "Quota exceeded": "the broker limits this device; raise its quota",
        "Message rate too high": "the broker limits this device; raise its quota",
        "Connection rate exceeded": "the broker limits connections; we come back later",
        "Server moved": "put the broker's new address into urls in [broker]",
        "Use another server": "put the broker's new address into urls in [broker]",
    }
)


def explained(reason: str) -> str:
    """A reason with the next step behind it, where there is one."""
    advice = _ADVICE.get(reason) or REFUSALS.get(reason)
    return f"{reason} ({advice})" if advice else reason

"""The port that everything a network's bytes may come from answers to."""

from __future__ import annotations

from typing import Protocol

from agent.errors import NetworkUnavailable
from agent.networks.part import Part
from models.vision.manifest import Network


class SourceFailed(NetworkUnavailable):
    """One source cannot give the network now; the message is its reason, in one clause."""


class Source(Protocol):
    """Gives the bytes of one network. What it gives is not trusted: the cache checks it."""

    @property
    def name(self) -> str:
        """How messages call it, with the address or folder."""
        ...

    def write(self, network: Network, part: Part) -> None:
        """Append the network's bytes, or what is missing of them.

        Raises:
            SourceFailed: it cannot give them now.
            NetworkMismatch: what it has under this network's name are other bytes.
            TooManyBytes: from the part, which nobody but the cache needs to catch.
        """
        ...

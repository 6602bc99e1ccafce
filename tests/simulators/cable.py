"""A network cable that can be pulled: two ends of a veth pair, one in a network of its own.

What runs inside sees an interface without carrier, as a shop's box does when somebody trips over
the cable: no reset, no refusal, silence, and routes that may vanish. Needs root on Linux.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Network
from typing import Final

import pytest

from tests.simulators.claims import claimed
from tests.simulators.required_server import required_program

NETWORKS: Final = list(IPv4Network("10.231.0.0/16").subnets(new_prefix=30))


class Cable:
    """A plugged cable; made by ``cable``.

    Attributes:
        outside: the address of our end: where servers for the inside listen.
        inside: the address of the far end.
    """

    def __init__(self, number: int) -> None:
        """Make the network inside and plug the cable in; ``number`` is nobody else's now."""
        self._name, self._near, self._far = f"lk-{number}", f"lko-{number}", f"lki-{number}"
        self.outside, self.inside = map(str, NETWORKS[number].hosts())
        self._remove_leftovers()
        _ip("netns", "add", self._name)
        _ip("link", "add", self._near, "type", "veth", "peer", self._far, "netns", self._name)
        _ip("address", "add", f"{self.outside}/30", "dev", self._near)
        _ip("link", "set", self._near, "up")
        _ip("-n", self._name, "address", "add", f"{self.inside}/30", "dev", self._far)
        for device in ("lo", self._far):
            _ip("-n", self._name, "link", "set", device, "up")

    def command(self, *words: str) -> Sequence[str]:
        """The command that runs another one inside.

        Not ``ip netns exec``: that gives it a mount namespace of its own too, in which every disk
        of another test stays mounted for as long as it runs.
        """
        return ("nsenter", f"--net=/run/netns/{self._name}", *words)

    def pull(self) -> None:
        """No carrier at either end."""
        _ip("link", "set", self._near, "down")

    def plug(self) -> None:
        """As before; what was on its way is sent again by TCP, in its own time."""
        _ip("link", "set", self._near, "up")

    def remove(self) -> None:
        """Take both ends away; programs inside must have ended."""
        _ip("link", "delete", self._near)
        _ip("netns", "delete", self._name)

    def _remove_leftovers(self) -> None:
        """What a test run that was killed has left under our number."""
        for words in (("link", "delete", self._near), ("netns", "delete", self._name)):
            subprocess.run(("ip", *words), capture_output=True, check=False)


@contextmanager
def cable() -> Iterator[Cable]:
    """A plugged cable; the test is skipped where we may not make one."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a cable of one's own needs Linux and root")
    required_program("ip", package="the Debian package iproute2")
    required_program("nsenter", package="the Debian package util-linux")
    with claimed("cable", range(len(NETWORKS))) as number:
        one = Cable(number)
        try:
            yield one
        finally:
            one.remove()


def _ip(*words: str) -> None:
    done = subprocess.run(("ip", *words), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr.strip()}")

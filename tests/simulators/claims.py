"""Numbers that no other test run on this machine uses now: blocks of ports, networks, cables.

    first = claim("ports", range(100))      # ours until this process ends, however it ends
    with claimed("cable", range(100)) as number: ...

A claim is a name that this process is bound to; the kernel lets nobody else have it, and forgets it
with the process. Where there are no such names (not Linux) numbers are spread by process id.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_KEPT: list[socket.socket] = []
"""What is claimed for good: a socket that nobody holds is closed."""


def claim(what: str, among: Sequence[int]) -> int:
    """A number that is this process's own from now on; raises RuntimeError when all are taken."""
    number, name = _first_free(what, among)
    _KEPT.append(name)
    return number


@contextmanager
def claimed(what: str, among: Sequence[int]) -> Iterator[int]:
    """A number that is this process's own until the end of the block; raises as ``claim``."""
    number, name = _first_free(what, among)
    with name:
        yield number


def _first_free(what: str, among: Sequence[int]) -> tuple[int, socket.socket]:
    name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    if sys.platform != "linux":
        return among[os.getpid() % len(among)], name
    for number in among:
        try:
            name.bind(f"\0lianke-tests/{what}/{number}")
        except OSError:
            continue
        return number, name
    name.close()
    raise RuntimeError(f"all {len(among)} numbers of {what!r} are taken: end other test runs")

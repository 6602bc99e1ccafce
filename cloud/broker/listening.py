"""The TCP port of the broker: a free one, or the wanted one if nobody has it."""

from __future__ import annotations

import errno
import socket

from cloud.broker.errors import PortTaken


def claim_port(host: str, port: int) -> int:
    """Check that this port can be listened on now; 0 finds a free one. Raises PortTaken.

    The port is given back at once, so another process may still be quicker than the broker; then
    the broker's own complaint is what is reported.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family) as listener:
            claimed: int = listener.getsockname()[1]
            return claimed
    except OSError as error:
        raise PortTaken(f"the broker cannot listen on {host}:{port}: {_advice(error)}") from error


def reachable_host(host: str) -> str:
    """The address by which this machine reaches a server that listens on ``host``."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def _advice(error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return "another program has the port; end it, or choose another broker port"
        case errno.EACCES:
            return "this user may not use the port; choose one above 1023"
        case _:
            return f"{error.strerror or error}; choose an address of this machine"

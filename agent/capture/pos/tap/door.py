"""The door that tills knock at: open while the printer can be reached, shut while it cannot.

A till that connects to a dead printer is refused, and shows so to its cashier. Behind an open door
it would hand over a receipt that nobody prints; so the door is shut until the printer, tried again
and again, takes a connection.
"""

from __future__ import annotations

import errno
import os
import socket
from typing import Final

from agent.capture.pos.tap.settings import TapSettings
from agent.errors import BadConfiguration

_BACKLOG: Final = 64
_UNDER_WAY: Final = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK})


class Door:
    """The listening socket of a tap. Used by one thread, once it was opened."""

    def __init__(self, settings: TapSettings) -> None:
        self._settings = settings
        self._address = (settings.host, settings.port)
        self.listener: socket.socket | None = None

    @property
    def port(self) -> int:
        """Where it is, or will be again."""
        return self._address[1]

    def open(self) -> socket.socket:
        """Listen; raises BadConfiguration where another program does, or the address is not ours.

        The port stays the same for as long as the tap lives, also where any free one was asked for.
        """
        try:
            listener = socket.create_server(
                self._address, family=_family(self._address[0]), backlog=_BACKLOG
            )
        except OSError as error:
            host, port = self._address
            raise BadConfiguration(
                f"tap {self._settings.name}: {host} port {port}: {error.strerror}; end the other "
                "program that uses it, or set another host or port"
            ) from error
        listener.setblocking(False)
        self._address = (self._address[0], listener.getsockname()[1])
        self.listener = listener
        return listener

    def shut(self) -> None:
        """Refuse tills from now on; those that were not let in yet are reset. Idempotent."""
        if self.listener is not None:
            self.listener.close()
            self.listener = None

    def call_printer(self) -> tuple[socket.socket, str]:
        """Begin to connect; the socket, and why it cannot be, or nothing while it may yet."""
        host, port = self._settings.printer_host, self._settings.printer_port
        printer = socket.socket(_family(host), socket.SOCK_STREAM)
        set_up(printer)
        code = printer.connect_ex((host, port))
        return printer, "" if code in _UNDER_WAY else os.strerror(code)


def set_up(side: socket.socket) -> None:
    """As a printer's connection should be: bytes leave at once, and a dead peer is found out."""
    side.setblocking(False)
    side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    side.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET

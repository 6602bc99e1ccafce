"""How a tap stands in front of its printer."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class TapSettings:
    """One tap.

    Attributes:
        printer_host: the printer's address. A name would make every print wait for a name server.
        printer_port: 9100 on nearly all network printers.
        name: what this printer is called in status, logs and prints.
        host: address to listen on; the tills' settings are pointed at it.
        port: 0 takes any free one.
        connect_s: for how long a printer may not answer before the till is told.
        probe_s: how often a printer that could not be reached is tried again; until it answers,
            tills are refused as the printer would refuse them.
        pause_s: so long without a byte ends a receipt, on connections that stay open.
        buffer_bytes: what may wait to be written down; beyond it a print has a gap.
        most_connections: connections at once; further tills wait.
    """

    printer_host: str
    printer_port: int = 9100
    name: str = "printer"
    host: str = "0.0.0.0"
    port: int = 9100
    connect_s: float = 10.0
    probe_s: float = 1.0
    pause_s: float = 3.0
    buffer_bytes: int = 8 * 1024 * 1024
    most_connections: int = 64

    def __post_init__(self) -> None:
        """What cannot be is found at start, not at the first receipt."""
        for key in ("printer_host", "host"):
            ip_address(getattr(self, key))
        for key in ("printer_port", "port"):
            port = getattr(self, key)
            if not 0 <= port <= _HIGHEST_PORT:
                raise ValueError(f"{key} must be 0 to {_HIGHEST_PORT}, not {port}")
        for key in ("connect_s", "probe_s", "pause_s", "buffer_bytes", "most_connections"):
            if getattr(self, key) <= 0:
                raise ValueError(f"{key} must be above 0, not {getattr(self, key)}")
        if (self.printer_host, self.printer_port) == (self.host, self.port):
            raise ValueError("printer_host and printer_port are the tap itself; name the printer")

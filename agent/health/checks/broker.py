"""Is there a way to a broker?

Only the way: logging in under the device's name would push the running agent off.
"""

from __future__ import annotations

import socket
from typing import Final

from agent.config import AgentConfig
from agent.health.check import Finding, Verdict

_NAME: Final = "broker"
_TIMEOUT_S: Final = 3.0


def broker_reachable(config: AgentConfig) -> Finding:
    """At least one broker of the list accepts a connection."""
    failures = []
    for endpoint in config.broker.endpoints:
        try:
            socket.create_connection((endpoint.host, endpoint.port), _TIMEOUT_S).close()
        except OSError as error:
            failures.append(f"{endpoint}: {error}")
        else:
            return Finding(_NAME, Verdict.OK, f"{endpoint} accepts connections")
    return Finding(
        _NAME,
        Verdict.WARNING,
        "; ".join(failures),
        "check the line and broker.urls; sales are kept meanwhile",
    )

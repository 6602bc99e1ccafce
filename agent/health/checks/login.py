"""Do we know who we are to the broker?"""

from __future__ import annotations

from typing import Final

from agent.config import AgentConfig, device_secret
from agent.errors import BadConfiguration
from agent.health.check import Finding, Verdict

_NAME: Final = "login"


def login_present(config: AgentConfig) -> Finding:
    """The device's secret can be read."""
    try:
        device_secret(config.broker)
    except BadConfiguration as error:
        return Finding(_NAME, Verdict.FAULT, str(error), "enrol the device in the console")
    return Finding(_NAME, Verdict.OK, f"device {config.device.device} has its secret")

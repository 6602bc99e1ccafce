"""Do cashiers have their pseudonyms?"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from agent.config import AgentConfig
from agent.config.operator_key import read_operator_key
from agent.errors import BadConfiguration
from agent.health.check import Finding, Verdict
from agent.health.status.posted import read_posted
from agent.health.status.tills import OperatorKeyOrigin

_NAME: Final = "cashiers"


def cashiers_named(config: AgentConfig) -> Finding:
    """The key of their pseudonyms is here: from a file, or from the cloud as the agent says."""
    if not config.captures_sales:
        return Finding(_NAME, Verdict.OK, "this box captures no sales")
    if config.device.operator_key_file is not None:
        return _by_file(config.device.operator_key_file)
    posted = read_posted(config.status_file)
    if posted is None or posted.operators is None:
        return Finding(_NAME, Verdict.OK, "the key comes from the cloud with the first connection")
    if posted.operators.key is OperatorKeyOrigin.CLOUD:
        return Finding(_NAME, Verdict.OK, "named by the key from the cloud")
    return Finding(
        _NAME,
        Verdict.WARNING,
        posted.operators.refused or "no key has come yet: cashiers are left out of sales",
        "bring the line to the cloud back; where it is up, upgrade the cloud, or set "
        "device.operator_key_file",
    )


def _by_file(path: Path) -> Finding:
    try:
        read_operator_key(path)
    except BadConfiguration as error:
        step = "write what lianke-cloud operator-key prints into it, or take the setting away"
        return Finding(_NAME, Verdict.FAULT, str(error), step)
    return Finding(_NAME, Verdict.OK, f"named by the key in {path}")

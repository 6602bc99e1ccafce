"""Does something stand that a person should know?"""

from __future__ import annotations

from typing import Final

from agent.config import AgentConfig
from agent.health.alarms import Severity
from agent.health.check import Finding, Verdict
from agent.health.status.reading import standing_alarms

_NAME: Final = "alarms"


def no_alarm_stands(config: AgentConfig) -> Finding:
    """No alarm stands, as the agent saw it last."""
    alarms = standing_alarms(config)
    if not alarms:
        return Finding(_NAME, Verdict.OK, "none stands")
    urgent = [alarm for alarm in alarms if alarm.severity is Severity.URGENT]
    said = "; ".join(
        f"{alarm.what}, since {alarm.since:%Y-%m-%d %H:%M} UTC" for alarm in urgent or alarms
    )
    verdict = Verdict.FAULT if urgent else Verdict.WARNING
    return Finding(_NAME, verdict, said, (urgent or alarms)[0].next_step)

"""Does the cloud's HTTPS interface answer?"""

from __future__ import annotations

from typing import Final

import requests

from agent.config import AgentConfig
from agent.health.check import Finding, Verdict

_NAME: Final = "cloud"


def cloud_answers(config: AgentConfig) -> Finding:
    """The address for missed cards answers."""
    url = config.cloud.url
    if not url:
        return Finding(
            _NAME,
            Verdict.WARNING,
            "cloud.url is empty: cards missed while away are not fetched",
            "set cloud.url",
        )
    try:
        answer = requests.get(f"{url.rstrip('/')}/v1/health", timeout=config.cloud.timeout_s)
    except requests.RequestException as error:
        return Finding(_NAME, Verdict.WARNING, f"{url}: {type(error).__name__}", "check the line")
    if answer.status_code != requests.codes.ok:
        return Finding(
            _NAME, Verdict.WARNING, f"{url} answers {answer.status_code}", "look at the cloud"
        )
    return Finding(_NAME, Verdict.OK, f"{url} answers")

"""Is the outbox whole, and what does it owe?"""

from __future__ import annotations

from contextlib import closing
from typing import Final

from agent.config import AgentConfig
from agent.errors import AgentError
from agent.health.check import Finding, Verdict
from agent.outbox import Inspection

_NAME: Final = "outbox"


def outbox_sound(config: AgentConfig) -> Finding:
    """The file passes SQLite's own check and our invariants; safe beside a running agent."""
    path = config.outbox_file
    if not path.exists():
        return Finding(_NAME, Verdict.OK, f"{path} will be made at the first start")
    try:
        with closing(Inspection.open(path)) as inspection:
            problems = inspection.verify()
            pending = sum(depth.pending for depth in inspection.depths())
    except AgentError as error:
        return Finding(_NAME, Verdict.FAULT, str(error), "keep the file and ask for help")
    if problems:
        return Finding(_NAME, Verdict.FAULT, "; ".join(problems), "keep the file, ask for help")
    return Finding(_NAME, Verdict.OK, f"{path} is sound; {pending} events are owed")

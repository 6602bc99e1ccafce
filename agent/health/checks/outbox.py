"""Is the outbox whole, and what does it owe?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Final

from agent.config import AgentConfig
from agent.errors import AgentError
from agent.health.check import Finding, Verdict
from agent.outbox import Inspection

_NAME: Final = "outbox"

_Look = Callable[[Inspection], tuple[Sequence[str], str]]
"""What is wrong, and what was looked at."""


def outbox_sound(config: AgentConfig) -> Finding:
    """The outbox passes a look that takes as long beside a million events as beside none."""
    return _finding(config, _glance)


def outbox_whole(config: AgentConfig) -> Finding:
    """The file passes SQLite's own check and our invariants; reads every event."""
    return _finding(config, _whole)


def _glance(inspection: Inspection) -> tuple[Sequence[str], str]:
    seen = inspection.glance()
    if seen.read == seen.kept:
        return seen.problems, f"all {seen.kept} events were read"
    return seen.problems, f"{seen.read} of {seen.kept} events were read; --thorough reads all"


def _whole(inspection: Inspection) -> tuple[Sequence[str], str]:
    return inspection.verify(), "the whole file was read"


def _finding(config: AgentConfig, look: _Look) -> Finding:
    """Safe beside a running agent."""
    path = config.outbox_file
    if not path.exists():
        return Finding(_NAME, Verdict.OK, f"{path} will be made at the first start")
    try:
        with closing(Inspection.open(path)) as inspection:
            problems, looked_at = look(inspection)
            pending = sum(depth.pending for depth in inspection.depths())
    except AgentError as error:
        return Finding(_NAME, Verdict.FAULT, str(error), "keep the file and ask for help")
    if problems:
        return Finding(_NAME, Verdict.FAULT, "; ".join(problems), "keep the file, ask for help")
    return Finding(_NAME, Verdict.OK, f"{path} is sound ({looked_at}); {pending} events are owed")

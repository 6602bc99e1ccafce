"""Are the till's numbers whole, and do its receipts add up, as the agent saw it last?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from agent.config import AgentConfig
from agent.health.check import Finding, Verdict
from agent.health.status.facts import Status
from agent.health.status.numbers import said
from agent.health.status.posted import read_posted
from agent.health.status.tills import TakenStatus

_NAME: Final = "numbers"


def numbers_whole(config: AgentConfig) -> Finding:
    """No number is missing or given twice, nothing came late, and all receipts add up."""
    status = read_posted(config.status_file)
    if status is None:
        return Finding(_NAME, Verdict.OK, "nothing was captured yet")
    odd = [*_trouble(status), *_workstations(status), *_sources(status)]
    if odd:
        step = "lianke-agent status names them; see how-to/see-how-a-device-is"
        return Finding(_NAME, Verdict.WARNING, "; ".join(odd), step)
    tills = len(status.workstations)
    return Finding(_NAME, Verdict.OK, f"no number is missing on {tills} workstations")


def _trouble(status: Status) -> Iterator[str]:
    if status.books_trouble:
        yield f"the till's books are not kept: {status.books_trouble}"


def _workstations(status: Status) -> Iterator[str]:
    for each in status.workstations:
        if each.missing:
            yield f"workstation {each.name}: {each.missing} missing ({said(each.gaps)})"
        if each.repeated:
            yield f"workstation {each.name}: {each.repeated} given twice ({said(each.repeats)})"
        if each.late:
            yield f"workstation {each.name}: {each.late} late"


def _sources(status: Status) -> Iterator[str]:
    taken: list[tuple[str, TakenStatus]] = [(each.name, each.taken) for each in status.sources]
    if status.till is not None:
        taken.insert(0, ("the till's folder", status.till.taken))
    for name, each in taken:
        for balance in each.balances:
            if balance.unbalanced:
                yield (
                    f"{name}: {balance.unbalanced} of the last {balance.judged} sales do not add "
                    f"up by profile {balance.profile}"
                )

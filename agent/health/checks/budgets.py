"""Is there room for the sales to come?"""

from __future__ import annotations

from typing import Final

from agent.config import AgentConfig
from agent.errors import AgentError
from agent.health.check import Finding, Verdict
from agent.outbox.stocktaking import take_stock

_NAME: Final = "disk_budgets"
_NEARLY: Final = 0.9


def budgets_kept(config: AgentConfig) -> Finding:
    """No budget of the outbox is nearly spent; safe beside a running agent."""
    path = config.outbox_file
    if not path.exists():
        return Finding(_NAME, Verdict.OK, "nothing is stored yet")
    try:
        budgets = take_stock(path, config.outbox).budgets
    except AgentError as error:
        return Finding(_NAME, Verdict.FAULT, str(error), "keep the file and ask for help")
    told = ", ".join(f"{each.name} {_share(each.used_bytes, each.limit_bytes)}" for each in budgets)
    total = budgets[0]
    if total.used_bytes > _NEARLY * total.limit_bytes:
        return Finding(
            _NAME,
            Verdict.WARNING,
            f"used: {told}",
            "bring the line back so that it drains, or raise outbox.budget_bytes",
        )
    return Finding(_NAME, Verdict.OK, f"used: {told}")


def _share(used_bytes: int, limit_bytes: int) -> str:
    return f"{used_bytes / limit_bytes:.0%}" if limit_bytes else "all"

"""What somebody should know about, and saying that one does."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from cloud.cli.options import TERMINAL, ConfigOption, JsonOption
from cloud.config import read_config
from cloud.foundations import Foundations
from cloud.ingest.alarms import Wanted, text_of

alarms_app = typer.Typer(help="What somebody should know about.", invoke_without_command=True)


@alarms_app.callback()
def alarms(
    context: typer.Context,
    config: ConfigOption = None,
    over: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    json: JsonOption = False,
) -> None:
    """What somebody should know about. Takes a look itself: no service need run."""
    if context.invoked_subcommand is not None:
        return
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        base.lookout().look()
        found = base.alarms.listed(Wanted(over=over))
    print(msgspec.json.encode(found).decode() if json else text_of(found))


@alarms_app.command("acknowledge")
def alarms_acknowledge(
    numbers: Annotated[list[int], typer.Argument(help="From alarms.")], config: ConfigOption = None
) -> None:
    """Say that somebody knows. Ends what has happened; what still lasts ends with its cause."""
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        seen = [base.alarms.acknowledge(number, base.audit, TERMINAL) for number in numbers]
    for alarm in seen:
        print(f"{alarm.id}: {alarm.state}, acknowledged by {alarm.acknowledged_by}")

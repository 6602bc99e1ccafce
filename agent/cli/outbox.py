"""``lianke-agent outbox``: what waits, what was refused, and whether the file is sound."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import Annotated

import msgspec
import typer

from agent.cli.exits import DEVICE
from agent.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption
from agent.config import AgentConfig, read_config
from agent.outbox import Inspection
from models.wire.topics import Stream

outbox_app = typer.Typer(help="Look into the outbox beside a running agent.", no_args_is_help=True)


@outbox_app.command("ls")
def outbox_ls(
    config: ConfigOption = DEFAULT_CONFIG,
    stream: Annotated[Stream, typer.Option(help="Which stream.")] = Stream.SALE,
    limit: Annotated[int, typer.Option(help="How many at most.")] = 50,
    json: JsonOption = False,
) -> None:
    """List the oldest events that the ledger has not settled; never their content."""
    with closing(_inspect(read_config(config))) as inspection:
        pending = inspection.pending(stream, limit)
    if json:
        print(msgspec.json.encode(pending).decode())
        return
    for event in pending:
        stored = f"{event.appended_at:%Y-%m-%d %H:%M:%S}"
        print(f"{event.sequence:10} {stored} {event.type} {event.event_id}")
    print(f"{len(pending)} shown", file=sys.stderr)


@outbox_app.command("deadletters")
def outbox_dead_letters(config: ConfigOption = DEFAULT_CONFIG, json: JsonOption = False) -> None:
    """List the events that the cloud refused for ever, and why."""
    with closing(_inspect(read_config(config))) as inspection:
        letters = inspection.dead_letters()
    if json:
        print(msgspec.json.encode(letters).decode())
        return
    for letter in letters:
        refused = f"{letter.rejected_at:%Y-%m-%d %H:%M:%S}"
        print(f"{refused} {letter.stream} {letter.event_id} {letter.reason}")


@outbox_app.command("verify")
def outbox_verify(config: ConfigOption = DEFAULT_CONFIG, json: JsonOption = False) -> None:
    """Read the whole outbox and say what is wrong with it; exit 4 when something is."""
    with closing(_inspect(read_config(config))) as inspection:
        problems = inspection.verify()
    if json:
        print(msgspec.json.encode({"problems": problems}).decode())
    else:
        print("\n".join(problems) or "the outbox is sound")
    if problems:
        raise typer.Exit(DEVICE)


def _inspect(settings: AgentConfig) -> Inspection:
    return Inspection.open(settings.outbox_file)

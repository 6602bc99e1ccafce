"""``lianke-agent outbox``: what waits, whether the file is sound, and getting things out of it.

``ls``, ``count``, ``verify``, ``export`` and ``alarms`` only read and are safe beside a running
agent; ``replay`` and ``repair`` write, and refuse while one runs (exit 75).
"""

from __future__ import annotations

import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer

from agent.cli.deadletters import letters_app
from agent.cli.exits import DEVICE
from agent.cli.exporting import PlainOption, ToOption, export_events
from agent.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption
from agent.cli.selecting import SinceOption, UntilOption, moment
from agent.cli.writing import never_beside_an_agent, salvage_of, writable_outbox
from agent.config import AgentConfig, read_config
from agent.outbox import Inspection
from agent.outbox.alarms import acknowledge_alarms, read_alarms
from agent.outbox.repair import repair
from agent.outbox.selection import Selection
from models.wire.topics import Stream

outbox_app = typer.Typer(
    help="Look into the outbox beside a running agent; replay and repair it without one.",
    no_args_is_help=True,
)
outbox_app.add_typer(letters_app, name="deadletters")


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


@outbox_app.command("count")
def outbox_count(config: ConfigOption = DEFAULT_CONFIG, json: JsonOption = False) -> None:
    """Count the transactions that lie here by kind, settled ones too. Reads every event."""
    with closing(_inspect(read_config(config))) as inspection:
        kinds = inspection.captured()
    if json:
        print(msgspec.json.encode(kinds, order="sorted").decode())
    for kind, count in [] if json else sorted(kinds.items()):
        print(f"{count:10} {kind}")


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


@outbox_app.command("export")
def outbox_export(
    config: ConfigOption = DEFAULT_CONFIG,
    to: ToOption = None,
    stream: Annotated[Stream | None, typer.Option(help="Which stream; all when absent.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Settled events within their retention as well.")
    ] = False,
    since: SinceOption = None,
    until: UntilOption = None,
    plain: PlainOption = False,
    json: JsonOption = False,
) -> None:
    """Write pending events as JSON lines; personal data stays sealed unless --plain."""
    settings = read_config(config)
    zone = settings.device.timezone
    selection = Selection(
        stream=stream, since=moment(since, zone), until=moment(until, zone), settled=every
    )
    with closing(_inspect(settings)) as inspection:
        export_events(settings, inspection.select(selection), to, plain=plain, as_json=json)


@outbox_app.command("replay")
def outbox_replay(
    config: ConfigOption = DEFAULT_CONFIG,
    stream: Annotated[Stream, typer.Option(help="Which stream.")] = Stream.SALE,
    every: Annotated[bool, typer.Option("--all", help="Everything that is still kept.")] = False,
    since: SinceOption = None,
    until: UntilOption = None,
    epoch: Annotated[str, typer.Option(help="Only what was sent in this epoch.")] = "",
    first: Annotated[int, typer.Option(min=1, help="From this sequence of --epoch on.")] = 1,
    last: Annotated[int | None, typer.Option(min=1, help="Up to this sequence of --epoch.")] = None,
    json: JsonOption = False,
) -> None:
    """Send settled events that are still kept again, under a fresh epoch.

    For a ledger that lost some and does not know it. What it still has is a duplicate there.
    Refused while an agent runs (exit 75).
    """
    settings = read_config(config)
    if not (every or since or until or epoch):
        raise typer.BadParameter("say what to send again: --since, --until, --epoch or --all")
    zone = settings.device.timezone
    selection = Selection(
        stream=stream,
        epoch=epoch,
        first=first,
        last=last,
        since=moment(since, zone),
        until=moment(until, zone),
    )
    with writable_outbox(settings) as outbox:
        count, fresh = outbox.replay(selection), outbox.epoch
    if json:
        print(msgspec.json.encode({"replayed": count, "epoch": fresh}).decode())
    else:
        print(f"{count} events are pending again" + (f" in epoch {fresh}" if count else ""))


@outbox_app.command("repair")
def outbox_repair(
    config: ConfigOption = DEFAULT_CONFIG,
    force: Annotated[bool, typer.Option("--force", help="Salvage a sound file as well.")] = False,
    json: JsonOption = False,
) -> None:
    """Set a damaged outbox aside and go on with what can be read of it.

    The agent does the same by itself when it meets damage. The damaged file is kept. Refused while
    an agent runs (exit 75).
    """
    with salvage_of(read_config(config)) as salvage, never_beside_an_agent():
        salvaged = repair(salvage, force=force)
    if json:
        print(msgspec.json.encode({"salvaged": salvaged}, enc_hook=str).decode())
    else:
        print(salvaged or "the outbox is sound; nothing to repair")


@outbox_app.command("alarms")
def outbox_alarms(
    config: ConfigOption = DEFAULT_CONFIG,
    acknowledge: Annotated[
        bool, typer.Option("--acknowledge", help="You have seen them: show them no more.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Show the outbox's alarms that nobody has acknowledged; exit 4 while there are any."""
    path = read_config(config).outbox_file
    alarms = read_alarms(path)
    if json:
        print(msgspec.json.encode(alarms).decode())
    for alarm in [] if json else alarms:
        print(f"{alarm.at:%Y-%m-%d %H:%M:%S} {alarm.name}: {alarm.message}")
    if acknowledge:
        acknowledge_alarms(path, datetime.now(UTC))
    elif alarms:
        raise typer.Exit(DEVICE)


def _inspect(settings: AgentConfig) -> Inspection:
    return Inspection.open(settings.outbox_file)

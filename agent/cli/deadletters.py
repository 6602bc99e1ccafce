"""``lianke-agent outbox deadletters``: what the cloud refused for ever, and sending it again."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import msgspec
import typer

from agent.cli.exporting import PlainOption, ToOption, export_letters
from agent.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption
from agent.cli.writing import writable_outbox
from agent.config import read_config
from agent.outbox import Inspection
from models.wire.ids import EventId

letters_app = typer.Typer(help="Events that the cloud refused for ever.")


@letters_app.callback(invoke_without_command=True)
def letters_main(
    context: typer.Context, config: ConfigOption = DEFAULT_CONFIG, json: JsonOption = False
) -> None:
    """Events that the cloud refused for ever: listed unless another verb is named."""
    if context.invoked_subcommand is None:
        letters_list(config, json=json)


@letters_app.command("list")
def letters_list(
    config: ConfigOption = DEFAULT_CONFIG,
    limit: Annotated[int, typer.Option(help="How many at most, the newest first.")] = 100,
    json: JsonOption = False,
) -> None:
    """List them with the reason; never their content."""
    with closing(Inspection.open(read_config(config).outbox_file)) as inspection:
        letters = inspection.dead_letters(limit)
    if json:
        print(msgspec.json.encode(letters).decode())
        return
    for letter in letters:
        refused = f"{letter.rejected_at:%Y-%m-%d %H:%M:%S}"
        print(f"{refused} {letter.stream} {letter.event_id} {letter.reason}")


@letters_app.command("export")
def letters_export(
    config: ConfigOption = DEFAULT_CONFIG,
    to: ToOption = None,
    plain: PlainOption = False,
    json: JsonOption = False,
) -> None:
    """Write them as JSON lines; personal data stays sealed unless --plain."""
    settings = read_config(config)
    with closing(Inspection.open(settings.outbox_file)) as inspection:
        export_letters(settings, inspection.letters(), to, plain=plain, as_json=json)


@letters_app.command("replay")
def letters_replay(
    events: Annotated[
        list[str] | None, typer.Argument(metavar="EVENT_ID", show_default=False)
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    every: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    json: JsonOption = False,
) -> None:
    """Send them again, under a fresh epoch, once the cloud was mended.

    What it refuses again is a dead letter again. Refused while an agent runs (exit 75).
    """
    if every == bool(events):
        raise typer.BadParameter("name the events, or say --all")
    wanted = None if every else [EventId(event) for event in events or ()]
    with writable_outbox(read_config(config)) as outbox:
        replayed = outbox.replay_letters(wanted)
        left = outbox.dead_letters()
    if json:
        print(msgspec.json.encode({"replayed": replayed, "left": left}).decode())
    else:
        print(f"{len(replayed)} are pending again, {left} dead letters are left")

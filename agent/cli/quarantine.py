"""``lianke-agent quarantine``: what could not be read, looked at and dealt with by a person."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer

from agent.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption
from agent.config import AgentConfig, configs_folder, read_config
from agent.errors import BadConfiguration, UnreadableInput
from models.vault.master import load_or_create
from models.wire.envelope import Moment
from models.wire.events.capture import ReleasedHow

if TYPE_CHECKING:
    from agent.capture.aside.telling import Teller
    from agent.capture.quarantine import Kept, Quarantine

quarantine_app = typer.Typer(
    help="Transactions and files of the till that could not be read.", no_args_is_help=True
)

NamesArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME", help="As ls names them, or how one begins.", show_default=False),
]
DiffOption = Annotated[bool, typer.Option("--diff", help="Beside what was read from it.")]
EveryOption = Annotated[bool, typer.Option("--all", help="All of them.")]


@quarantine_app.command("ls")
def quarantine_list(config: ConfigOption = DEFAULT_CONFIG, json: JsonOption = False) -> None:
    """List them with the reason, the oldest first; never their content."""
    from agent.capture.quarantine import write_list  # noqa: PLC0415

    kept = _quarantine(read_config(config)).kept()
    if json:
        print(msgspec.json.encode(kept, enc_hook=str).decode())
    else:
        write_list(kept, sys.stdout)


@quarantine_app.command("show")
def quarantine_show(
    name: Annotated[str, typer.Argument(help="As ls names it, or how it begins.")],
    config: ConfigOption = DEFAULT_CONFIG,
    diff: DiffOption = False,
    json: JsonOption = False,
) -> None:
    """Print the reason and what is kept, up to 64 KiB: without card data; it may name members.

    With --diff, what was written beside what was read from it with the profile of today, piece by
    piece, and where reading stopped.
    """
    from agent.capture.aside.showing import beside_in_json, write_beside  # noqa: PLC0415
    from agent.capture.quarantine import write_content  # noqa: PLC0415

    settings = read_config(config)
    quarantine = _quarantine(settings)
    kept = quarantine.find([name])[0]
    if not (diff or json):
        write_content(quarantine, kept, sys.stdout)
        return
    narration, _ = _teller(settings, quarantine).narration(kept)
    if json:
        print(beside_in_json(kept, narration))
    else:
        write_beside(kept, narration, sys.stdout)


@quarantine_app.command("retry")
def quarantine_retry(
    names: NamesArgument = None, every: EveryOption = False, config: ConfigOption = DEFAULT_CONFIG
) -> None:
    """Have the running agent read them again, with the profile of today.

    It does so within seconds, or when it is started. What it still cannot read stays here with a
    reason of today; what is known already counts once. A record is captured as it was then: drop
    what the till has corrected since.
    """
    from agent.capture.aside.readers import Readers  # noqa: PLC0415

    settings = read_config(config)
    quarantine, readers = _quarantine(settings), Readers(settings, configs_folder())
    asked = 0
    for kept in _wanted(quarantine, names, every=every):
        try:
            readers.of(kept.source, kept.file, next(quarantine.content(kept), b""))
        except (BadConfiguration, UnreadableInput) as error:
            if not every:
                raise
            print(f"{kept.name}: {error}", file=sys.stderr)
            continue
        quarantine.ask_again(kept)
        print(f"{kept.name}: {kept.file}")
        asked += 1
    print(f"{asked} to be read again by the agent; quarantine ls shows what stays")


@quarantine_app.command("drop")
def quarantine_drop(
    names: NamesArgument = None, every: EveryOption = False, config: ConfigOption = DEFAULT_CONFIG
) -> None:
    """Remove them for good: nothing else keeps them."""
    quarantine = _quarantine(read_config(config))
    wanted = _wanted(quarantine, names, every=every)
    for kept in wanted:
        quarantine.drop(kept, ReleasedHow.DROPPED, datetime.now(UTC))
    print(f"{len(wanted)} dropped, {len(quarantine.kept())} left in quarantine")


def _wanted(quarantine: Quarantine, names: Sequence[str] | None, *, every: bool) -> Sequence[Kept]:
    if every == bool(names):
        raise typer.BadParameter("name what is meant, or say --all")
    return quarantine.kept() if every else quarantine.find(names or ())


def _quarantine(config: AgentConfig) -> Quarantine:
    from agent.capture.quarantine import Quarantine  # noqa: PLC0415
    from agent.capture.till_files import till_files  # noqa: PLC0415

    keeping = till_files(config, load_or_create(config.master_key_file))
    return Quarantine(config.device.data_dir, keeping)


def _teller(config: AgentConfig, quarantine: Quarantine) -> Teller:
    from agent.capture.aside.readers import Readers  # noqa: PLC0415
    from agent.capture.aside.telling import Teller  # noqa: PLC0415
    from agent.capture.pos.sink import CaptureContext  # noqa: PLC0415

    device = config.device
    context = CaptureContext(
        device.path,
        ZoneInfo(device.timezone),
        lambda: Moment(datetime.now(UTC), 0, "nobody listens"),
        device.phone_region,
    )
    return Teller(quarantine, Readers(config, configs_folder()), context)

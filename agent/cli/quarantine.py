"""``lianke-agent quarantine``: what could not be read, looked at and dealt with by a person."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from agent.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption
from agent.config import AgentConfig, read_config
from agent.errors import BadConfiguration
from models.vault.master import load_or_create

if TYPE_CHECKING:
    from agent.capture.quarantine import Kept, Quarantine

quarantine_app = typer.Typer(
    help="Transactions and files of the till that could not be read.", no_args_is_help=True
)

NamesArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME", help="As ls names them, or how one begins.", show_default=False),
]
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
) -> None:
    """Print the reason and what is kept, up to 64 KiB: without card data; it may name members."""
    from agent.capture.quarantine import write_content  # noqa: PLC0415

    quarantine = _quarantine(read_config(config))
    write_content(quarantine, quarantine.find([name])[0], sys.stdout)


@quarantine_app.command("retry")
def quarantine_retry(
    names: NamesArgument = None, every: EveryOption = False, config: ConfigOption = DEFAULT_CONFIG
) -> None:
    """Put them back into the folder they came from, to be read with the profile of today.

    Safe beside a running agent. What it still cannot read comes back here; what is known already
    counts once. A journal's records stay: give the journal another name to read it anew.
    """
    from agent.capture.retrying import folder_of  # noqa: PLC0415

    settings = read_config(config)
    quarantine = _quarantine(settings)
    back = 0
    for kept in _wanted(quarantine, names, every=every):
        try:
            folder = folder_of(settings, kept.file, next(quarantine.content(kept), b""))
        except BadConfiguration as error:
            if not every:
                raise
            print(f"{kept.name}: {error}", file=sys.stderr)
            continue
        print(f"{kept.name} → {quarantine.retry(kept, folder)}")
        back += 1
    print(f"{back} put back, {len(quarantine.kept())} left in quarantine")


@quarantine_app.command("drop")
def quarantine_drop(
    names: NamesArgument = None, every: EveryOption = False, config: ConfigOption = DEFAULT_CONFIG
) -> None:
    """Remove them for good: nothing else keeps them."""
    quarantine = _quarantine(read_config(config))
    wanted = _wanted(quarantine, names, every=every)
    for kept in wanted:
        quarantine.drop(kept)
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

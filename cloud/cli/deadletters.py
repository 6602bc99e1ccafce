"""The dead letters: list, look inside, read again."""

from __future__ import annotations

import sys
from typing import Annotated

import msgspec
import typer

from cloud.cli.exits import EXIT_NOT_POSSIBLE
from cloud.cli.options import ConfigOption, JsonOption
from cloud.config import read_config
from cloud.foundations import Foundations

letters_app = typer.Typer(help="What can never be accepted as it is.", no_args_is_help=True)


@letters_app.command("list")
def letters_list(
    config: ConfigOption = None,
    limit: Annotated[int, typer.Option(help="How many at most.")] = 100,
    json: JsonOption = False,
) -> None:
    """The newest refusals first, without what was refused."""
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        letters = base.dead_letters.recent(limit)
    if json:
        print(msgspec.json.encode(letters).decode())
    for letter in [] if json else letters:
        print(letter)


@letters_app.command("show")
def letters_show(
    number: Annotated[int, typer.Argument(help="From deadletters list.")],
    config: ConfigOption = None,
) -> None:
    """One refusal with its content, which may be personal."""
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        opened = base.dead_letters.open(number)
    print(f"{opened.letter.reason}: {opened.letter.detail}", file=sys.stderr)
    print("\n".join(opened.events))


@letters_app.command("replay")
def letters_replay(
    numbers: Annotated[list[int], typer.Argument(help="From deadletters list.")],
    config: ConfigOption = None,
) -> None:
    """Read refusals again, after an upgrade for example. Exit 2 when one is still refused."""
    still = 0
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        for number in numbers:
            done = base.dead_letters.replay(number)
            refused = bool(done.rejected or done.refused or done.unreadable)
            still += refused
            print(f"{number}: {'still refused' if refused else 'accepted'}")
    if still:
        raise typer.Exit(EXIT_NOT_POSSIBLE)

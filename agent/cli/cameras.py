"""``lianke-agent cameras``: who may see what a camera sees."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from agent.cli.options import DEFAULT_CONFIG, ConfigOption
from agent.config import read_config

cameras_app = typer.Typer(help="The cameras of this box.", no_args_is_help=True)


@cameras_app.callback()
def cameras() -> None:
    """The cameras of this box."""


@cameras_app.command("pin")
def cameras_pin(
    config: ConfigOption = DEFAULT_CONFIG,
    own: Annotated[
        bool, typer.Option("--own", help="Read a PIN of your own from standard input.")
    ] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Let nobody in any more, until a PIN is set again.")
    ] = False,
) -> None:
    """Set the PIN of the set-up page, on which cameras are looked through; run it as the agent.

    A new one is made and printed, once: it is kept as a slow hash, which cannot be turned back. A
    running agent takes it at the next try; who has the page open stays until that visit ends.
    """
    from agent.tablet.setup.pin import PinFile, new_pin  # noqa: PLC0415 - other verbs need none

    settings = read_config(config)
    file = PinFile(settings.pin_file)
    if remove:
        file.remove()
        print("no PIN any more: the set-up page shows nothing", file=sys.stderr)
        return
    pin = sys.stdin.readline().strip() if own else new_pin()
    file.keep(pin)
    if not own:
        print(pin)
    address = f"http://{settings.tablet.host}:{settings.tablet.port}/setup"
    print(f"the PIN of {address} is set", file=sys.stderr)

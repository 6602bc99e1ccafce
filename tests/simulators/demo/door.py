"""The shop's door: a camera to look at, and a network to look with.

The clip comes from the folder with real data, else from this project's cache, else out of Debian's
``opencv-doc`` package by the ordinary package client, without root rights. ``CAMERA`` changes it:

    CAMERA=0                          no camera, the tills play alone
    CAMERA=rtsp://…  CAMERA=clip.mp4  another camera or clip (LINE=x1,y1,x2,y2 in shares of it)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

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


def find_door(environment: Mapping[str, str], say: Say, cache: Path = CACHE) -> Door | None:
    """A camera and a network that can look at it, or None after one sentence that says why."""
    try:
        door = _camera(environment, say, cache)
        if door is not None:
            _pull_network(environment, say, cache)
    except (PackageUnavailable, NoNetwork, ValueError) as error:
        say(f"no camera: {error}; {_HOW_TO_ADD}. The tills play alone")
        return None
    return door


class NoNetwork(RuntimeError):
    """No network that finds people could be had."""


def _camera(environment: Mapping[str, str], say: Say, cache: Path) -> Door | None:
    wanted = environment.get("CAMERA", "")
    if wanted == "0":
        say("CAMERA=0: the tills play alone")
        return None
    if wanted:
        source = str(Path(wanted).absolute()) if Path(wanted).exists() else wanted
        return Door(source, _shares(environment.get("LINE", "")))
    return Door(str(_clip(environment, say, cache)), _SQUARE)


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
    if not text:
        return _MIDDLE
    x1, y1, x2, y2 = (float(each) for each in text.split(","))
    return (x1, y1, x2, y2)


def _pull_network(environment: Mapping[str, str], say: Say, cache: Path) -> None:
    """What an operator would type; its progress goes where ours goes."""
    folder = environment.get("LIANKE_MODELS") or str(cache / "models")
    os.environ["LIANKE_MODELS"] = folder  # for the agents that we start
    done = subprocess.run(
        [program("lianke-agent"), "models", "pull"],
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        say("  the lines above say what was tried")
        raise NoNetwork("no network that finds people could be fetched")

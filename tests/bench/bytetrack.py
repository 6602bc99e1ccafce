"""ByteTrack of the ``trackers`` package, beside ours: a process that follows the same boxes.

    python -m tests.bench.bytetrack         install it, once: 660 MB

It brings a picture library, a plotter and more with it, so it gets an environment of its own
(``.cache/peers``, from ``peers/trackers.txt``) and is no dependency of anything. It is told the
rate, and mostly to tell sure from weak boxes by the same score as ours: with its own scores (0.6
and 0.7) it follows 29 of the fifty people of ``bench_tracker`` and leaves out two boxes in five,
which is less work.
"""

from __future__ import annotations

import subprocess
import venv
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np

from agent.capture.footfall.counting.tuning import DEFAULTS
from agent.capture.footfall.detection.detections import Detections

VERSION: Final = "trackers 2.6.1"
_HERE = Path(__file__).resolve().parent
_HOME = _HERE.parents[1] / ".cache" / "peers" / "trackers"
_PYTHON = _HOME / "bin" / "python"
_DONE = _HOME / "installed"


def is_installed() -> bool:
    """Whether somebody has installed it."""
    return _DONE.exists()


def install() -> None:
    """Make its environment anew.

    Raises:
        subprocess.CalledProcessError: the package cannot be had.
    """
    venv.create(_HOME, with_pip=True, clear=True)
    wanted = str(_HERE / "peers" / "trackers.txt")
    command = [str(_PYTHON), "-m", "pip", "install", "--quiet", "--requirement", wanted]
    subprocess.run(command, check=True)
    _DONE.touch()


class ByteTrack:
    """Follows these pictures' people, taken ``fps`` times a second. Use it as a context manager.

    Args:
        folder: for a file with the boxes.
        pictures: what there is to follow.
        fps: how many pictures a second.
        own_scores: tell sure from weak boxes by the scores that it comes with, not by ours.
    """

    def __init__(
        self,
        folder: Path,
        pictures: Sequence[Detections],
        fps: float,
        *,
        own_scores: bool = False,
    ) -> None:
        file = folder / "boxes.npz"
        np.savez(
            file,
            counts=[len(picture) for picture in pictures],
            boxes=np.concatenate([picture.boxes for picture in pictures]),
            scores=np.concatenate([picture.scores for picture in pictures]),
            fps=fps,
            sure_score=np.nan if own_scores else DEFAULTS.sure_score,
        )
        self._process = subprocess.Popen(
            [str(_PYTHON), str(_HERE / "tracker_peer.py"), str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        self.follow()  # what is loaded and made ready at first is not what is measured
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def follow(self) -> None:
        """Follow all of them once, with a new tracker."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "followed\n"


if __name__ == "__main__":
    install()

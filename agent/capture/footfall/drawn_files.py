"""Pictures and clips that somebody asked for: where they may be written, and how."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.errors import DiskUnusable, InvalidInput


def check_target(option: str, path: Path, suffix: str, clip: Path) -> None:
    """Refuse a target that cannot work, before any time is spent; raises InvalidInput.

    Args:
        option: how the target was given, such as ``--annotate``.
        path: the target.
        suffix: that its name must end in.
        clip: what is counted, which must not be overwritten.
    """
    if path.suffix.lower() != suffix:
        kind = suffix.removeprefix(".").upper()
        raise InvalidInput(
            f"{option} {path}: it writes {kind}; give it a name that ends in {suffix}"
        )
    if path.is_dir():
        raise InvalidInput(f"{option} {path} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise InvalidInput(f"{option} {path}: there is no folder {path.parent}; make it first")
    if path.exists() and path.samefile(clip):
        raise InvalidInput(f"{option} {path} is the clip itself; give it another name")


def write_png(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write a picture, whole or not at all; only its owner may read it.

    Raises:
        DiskUnusable: it cannot be written there.
    """
    growing = path.with_name(f".{path.stem}.{os.getpid()}.png")
    encoded = cv2.imencode(".png", picture)[1].tobytes()
    try:
        growing.touch(mode=0o600)
        growing.write_bytes(encoded)
        growing.replace(path)
    except OSError as error:
        raise DiskUnusable(f"{path}: {error.strerror}; nothing was written") from error
    finally:
        growing.unlink(missing_ok=True)

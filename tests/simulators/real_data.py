"""The folder with real files: till files, clips and networks that are never committed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.simulators.processes import ROOT


def real_file(*parts: str) -> Path:
    """A file of the folder that LIANKE_DATA names; the test is skipped where it is absent."""
    folder = Path(os.environ.get("LIANKE_DATA") or ROOT.parent / "shared" / "data")
    path = folder.joinpath(*parts)
    if not path.is_file():
        pytest.skip(f"{path} is absent; set LIANKE_DATA to the folder with the real data")
    return path

"""The shim as a shared library, compiled when its source has changed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulators.processes import ROOT
from tests.simulators.required_server import required_program

SOURCES = sorted((Path(__file__).parent / "shim").glob("*.[ch]"))
CACHE = ROOT / ".cache" / "powercut"
FLAGS = (
    *("-std=gnu17", "-O2", "-fPIC", "-shared", "-fvisibility=hidden"),
    *("-Wall", "-Wextra", "-Werror"),
)


def shim() -> Path:
    """The library to preload; the test is skipped where there is no Linux or no C compiler."""
    if sys.platform != "linux":
        pytest.skip("power cuts are recorded on Linux only")
    compiler = required_program("cc", package="the Debian packages gcc and libc6-dev")
    library = CACHE / f"{_digest()}.so"
    if not library.exists():
        _compile(compiler, library)
    return library


def _digest() -> str:
    words = [" ".join(FLAGS).encode(), *(source.read_bytes() for source in SOURCES)]
    return hashlib.sha256(b"\0".join(words)).hexdigest()[:16]


def _compile(compiler: Path, library: Path) -> None:
    """Under a name of this process first: two test runs may compile at once."""
    library.parent.mkdir(parents=True, exist_ok=True)
    draft = library.with_suffix(f".{os.getpid()}")
    units = [source for source in SOURCES if source.suffix == ".c"]
    subprocess.run([compiler, *FLAGS, "-o", draft, *units, "-ldl"], check=True)
    draft.replace(library)

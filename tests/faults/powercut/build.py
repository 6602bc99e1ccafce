"""Libraries to preload, compiled when their sources have changed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.simulators.processes import ROOT
from tests.simulators.required_server import required_program

SOURCES = sorted((Path(__file__).parent / "shim").glob("*.[ch]"))
CACHE = ROOT / ".cache" / "preloaded"
FLAGS = (
    *("-std=gnu17", "-O2", "-fPIC", "-shared", "-pthread", "-fvisibility=hidden"),
    *("-Wall", "-Wextra", "-Werror"),
)


def shim() -> Path:
    """The library that records; the test is skipped where there is no Linux or no C compiler."""
    return library(SOURCES)


def library(sources: Sequence[Path]) -> Path:
    """The library made of these C files and headers; skips as ``shim``."""
    if sys.platform != "linux":
        pytest.skip("libraries are preloaded on Linux only")
    compiler = required_program("cc", package="the Debian packages gcc and libc6-dev")
    made = CACHE / f"{_digest(sources)}.so"
    if not made.exists():
        _compile(compiler, sources, made)
    return made


def _digest(sources: Sequence[Path]) -> str:
    words = [" ".join(FLAGS).encode(), *(source.read_bytes() for source in sources)]
    return hashlib.sha256(b"\0".join(words)).hexdigest()[:16]


def _compile(compiler: Path, sources: Sequence[Path], made: Path) -> None:
    """Under a name of this process first: two test runs may compile at once."""
    made.parent.mkdir(parents=True, exist_ok=True)
    draft = made.with_suffix(f".{os.getpid()}")
    units = [source for source in sources if source.suffix == ".c"]
    subprocess.run([compiler, *FLAGS, "-o", draft, *units, "-ldl"], check=True)
    draft.replace(made)

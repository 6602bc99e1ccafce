"""A clip with its clicker served on the loopback, as ``lianke-agent audit record`` serves it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.simulators.processes import program


@dataclass(frozen=True, slots=True)
class ClickedClip:
    """The running command.

    Attributes:
        address: with the token that opens the page once.
        marks: the file it writes.
    """

    address: str
    marks: Path
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        """The page's, once it was opened."""
        return self.address.partition("/open/")[0]

    def ended(self) -> str:
        """Wait for its end; what it said last."""
        said, _ = self.process.communicate(timeout=20)
        return said


@contextmanager
def a_clicked_clip(clip: Path, marks: Path, lines: Sequence[str]) -> Iterator[ClickedClip]:
    """Run the command; whatever happens it is ended."""
    given = [part for line in lines for part in ("--line", line)]
    command = [program("lianke-agent"), "audit", "record", str(clip), "--out", str(marks)]
    process = subprocess.Popen(
        [*command, *given],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    try:
        said = process.stdout.readline().split()
        assert said, "it has ended at once"
        process.stdout.readline()
        yield ClickedClip(said[1], marks, process)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
        process.stdout.close()

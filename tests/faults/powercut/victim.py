"""A Python program that runs under the recording until kill -9 ends it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.faults.powercut.recording import Recording, mark
from tests.simulators.processes import ROOT, NotReady

READY = "ready"


def say_ready() -> None:
    """The program's word that its work begins now."""
    mark(READY)
    print(READY, flush=True)


class Victim:
    """One life of a program; it must call ``say_ready``."""

    def __init__(self, module: str, arguments: Sequence[str], folder: Path, log: Path) -> None:
        """Start to record the folder and start the program, a module with this name."""
        self.recording = Recording.begin(folder, log)
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | self.recording.environment,
        )

    def work_and_die(self, after_s: float) -> Recording:
        """Let it work for a while and kill it; raises NotReady when it never began to."""
        assert self._process.stdout is not None
        ready = self._process.stdout.readline()
        if ready:
            time.sleep(after_s)  # the instant of the kill is what is tested
        self._process.kill()
        self._process.communicate(timeout=10)
        if not ready:
            raise NotReady(f"the program ended with {self._process.returncode} before its work")
        return self.recording

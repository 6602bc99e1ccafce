"""The broker's running program: started on a tether, listened to, reloaded, ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TextIO

from cloud.broker import tether
from cloud.broker.child_log import Level, Line, read_line
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_REASONS: Final = 3


class BrokerProcess:
    """One run of the program. It dies with the thread that made it (see ``tether``)."""

    def __init__(self, program: Path, config: Path, environment: Mapping[str, str]) -> None:
        tied = [sys.executable, "-I", "-S", tether.__file__, str(os.getpid())]
        self._process = subprocess.Popen(  # noqa: S603 - our own program and paths, no shell
            [*tied, str(program), "-c", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, **environment},
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C in a terminal is for us; we end the child in order
        )
        self._reasons: list[str] = []
        assert self._process.stderr is not None
        self._listener = threading.Thread(
            target=self._listen, args=(self._process.stderr,), name="broker-log", daemon=True
        )
        self._listener.start()

    @property
    def pid(self) -> int:
        """The process id: the tether's, which becomes the program's."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def last_words(self) -> str:
        """Its first complaints, or an empty text; a panic goes on with its stack."""
        return "; ".join(self._reasons)

    def wait(self) -> int:
        """Block until it has ended and everything it said is logged; its exit code."""
        code = self._process.wait()
        self._listener.join()
        return code

    def reload(self) -> None:
        """Ask it to read its configuration again. Returns at once."""
        self._process.send_signal(signal.SIGHUP)

    def end(self, timeout_s: float) -> None:
        """End it in order, and by force when that takes too long. Blocks; idempotent."""
        self._process.terminate()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            _LOG.warning("broker_killed", pid=self.pid, waited_s=timeout_s)
            self._process.kill()
            self._process.wait()

    def _listen(self, stderr: TextIO) -> None:
        with stderr:
            for raw in stderr:
                if (line := read_line(raw)).text:
                    self._take(line)

    def _take(self, line: Line) -> None:
        if line.says_why and len(self._reasons) < _REASONS:
            self._reasons.append(line.text)
        _log_line(line)


def _log_line(line: Line) -> None:
    match line.level:
        case Level.DEBUG | Level.INFO:
            _LOG.debug("broker_says", text=line.text)
        case Level.WARNING | Level.ERROR | Level.PLAIN:
            _LOG.warning("broker_says", text=line.text)
        case Level.FATAL:
            _LOG.error("broker_says", text=line.text)

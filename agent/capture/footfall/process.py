"""A camera's watcher as a process: given its job, listened to, ended.

It holds the pictures, so it gets as little of us as it can: no secret of the environment, no proxy,
and its job (with the camera's login) by standard input, which no list of processes shows. That
input stays open as long as we live, and the watcher leaves when it closes: kill -9 of the agent
leaves no watcher behind.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Final, Protocol

from agent.capture.footfall.messages import Job, Told, encode, read_told
from agent.errors import CameraLost

_PROGRAM: Final = (sys.executable, "-P", "-m", "agent.capture.footfall.watcher")
_PASSED_ON: Final = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "PATH", "PYTHONPATH", "TMPDIR", "TZ")
_ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Asked by the libraries at their import: a pool of threads would cost memory and do nothing."""

SHOWS_ON: Final = "--shows-on"
"""Precedes, on the watcher's command line, the descriptor of the socket that it inherits."""

_CHUNK_BYTES: Final = 65_536
_LONGEST_LINE: Final = 1 << 20


class Watcher(Protocol):
    """The port. Used by one thread."""

    @property
    def network(self) -> str:
        """What it looks with, as events name it."""
        ...

    def receive(self, timeout_s: float) -> Told | None:
        """The next message, or None when there is none in time.

        Raises:
            CameraLost: it has ended without a last word, or talks nonsense.
        """
        ...

    def ask_to_leave(self) -> None:
        """Have it look at no further picture, say what it knows and ``Left``, and go.

        Returns at once; what it says is still to be received. Idempotent, never raises.
        """
        ...

    def end(self) -> None:
        """End it, by force where it does not go by itself at once. Idempotent, never raises."""
        ...


class WatcherProcess:
    """The real one."""

    def __init__(
        self,
        job: Job,
        network: str,
        *,
        patience_s: float = 1.0,
        program: Sequence[str] = _PROGRAM,
        shows: int | None = None,
    ) -> None:
        """Start it and hand it its job.

        Args:
            job: what to watch.
            network: what it looks with, as events name it.
            patience_s: how long it is waited for, from asking it to end until it is killed.
            program: what to run; another one only in tests.
            shows: the descriptor of a private socket by which it shows what it sees to whoever
                asks; it inherits this one and no other.

        Raises:
            CameraLost: it cannot be started, or ended before it had read its job.
        """
        self.network = network
        self._patience_s = patience_s
        self._unread = b""
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own program, no shell
                [*program, *_seen_through(shows)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=watcher_environment(os.environ),
                pass_fds=() if shows is None else (shows,),
                start_new_session=True,  # Ctrl-C in a terminal is for us; we end it in order
                bufsize=0,
            )
        except OSError as error:
            raise CameraLost(f"the camera's watcher cannot be started: {error.strerror}") from error
        assert self._process.stdout is not None
        self._output = self._process.stdout.fileno()
        self._hand_over(job)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def receive(self, timeout_s: float) -> Told | None:
        """See ``Watcher``."""
        line = self._line()
        if line is None and self._readable(timeout_s):
            self._read()
            line = self._line()
        return None if line is None else read_told(line)

    def ask_to_leave(self) -> None:
        """See ``Watcher``."""
        self._process.terminate()

    def end(self) -> None:
        """Stop listening, wait, kill."""
        for pipe in (self._process.stdin, self._process.stdout):
            _close(pipe)
        self._process.terminate()
        try:
            self._process.wait(self._patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _hand_over(self, job: Job) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(encode(job))
        except OSError as error:
            self.end()
            raise CameraLost("the camera's watcher ended before it had read its job") from error

    def _readable(self, timeout_s: float) -> bool:
        poll = select.poll()
        poll.register(self._output, select.POLLIN)
        return bool(poll.poll(timeout_s * 1000))

    def _read(self) -> None:
        chunk = os.read(self._output, _CHUNK_BYTES)
        if not chunk:
            raise CameraLost(self._obituary())
        self._unread += chunk
        if len(self._unread) > _LONGEST_LINE:
            raise CameraLost("the camera's watcher talks without end; it is started again")

    def _line(self) -> bytes | None:
        line, end, rest = self._unread.partition(b"\n")
        if not end:
            return None
        self._unread = rest
        return line

    def _obituary(self) -> str:
        """Its output is closed, so it has ended or is about to."""
        try:
            code = self._process.wait(self._patience_s)
        except subprocess.TimeoutExpired:
            return "the camera's watcher closed its output; it is started again"
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        return f"the camera's watcher ended {how}; it is started again"


def watcher_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """The little of our environment that a watcher gets: named, so that no secret slips in."""
    return {name: ours[name] for name in _PASSED_ON if name in ours} | _ONE_THREAD


def _seen_through(descriptor: int | None) -> list[str]:
    return [] if descriptor is None else [SHOWS_ON, str(descriptor)]


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        with suppress(OSError):
            pipe.close()

"""Programs of ours as real processes: started with a log, awaited by a question, ended by pid."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import psutil
import requests

from tests.simulators.claims import claim

ROOT = Path(__file__).resolve().parents[2]

PORTS: Final = range(12_000, 32_000)
"""Below those that the kernel gives to whoever connects: none is taken while its server is down."""

PORTS_OF_A_PROCESS: Final = 125


class NotReady(RuntimeError):
    """A program did not become ready, or ended too early; the end of its log says why."""


def free_port() -> int:
    """A TCP port that nobody listens on now, and that no other test run is given meanwhile."""
    ports = _ports_of(os.getpid())
    return next(port for port in itertools.islice(ports, PORTS_OF_A_PROCESS) if _is_free(port))


@cache
def _ports_of(_pid: int) -> Iterator[int]:
    """The ports of this process in turn, for ever; a process that was forked off has its own."""
    block = claim("ports", PORTS[::PORTS_OF_A_PROCESS])
    return itertools.cycle(range(block, block + PORTS_OF_A_PROCESS))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
        return True


def accepts(address: tuple[str, int]) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(address) == 0


def runs(pid: int) -> bool:
    """Whether a process runs; one that only waits for init to read its exit code does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def words_of(process: psutil.Process) -> list[str]:
    """Its command line; empty where it has ended since it was listed."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def this_port_or_free(wanted: int) -> int:
    """The wanted TCP port of loopback where nobody has it, else a free one."""
    try:
        with socket.create_server(("127.0.0.1", wanted)):
            return wanted
    except OSError:
        return free_port()


def program(name: str) -> str:
    """The console script of this environment."""
    return str(Path(sys.executable).with_name(name))


class Program:
    """One process. ``kill`` is kill -9; ``stop`` asks politely first. Both wait for the end."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        niceness: int = 0,
    ) -> None:
        """``niceness`` lowers its priority, for what would be another machine in real life."""
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                ["nice", "-n", str(niceness), *command] if niceness else list(command),
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                cwd=ROOT,
                env={**os.environ, **(environment or {})},
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait_until(self, ready: Callable[[], bool], what: str, timeout_s: float = 90.0) -> None:
        """Wait for a question to be answered with yes; else end the program and raise NotReady.

        An interpreter with all its imports takes a second, and on a machine that is busy with other
        tests thirty.
        """
        deadline = time.monotonic() + timeout_s
        while not ready():
            if not self.running:
                raise NotReady(
                    f"{what}: ended with {self._process.returncode}\n{self.last_words()}"
                )
            if time.monotonic() > deadline:
                self.kill()
                raise NotReady(f"{what}: not ready in {timeout_s:g} s\n{self.last_words()}")
            time.sleep(0.02)

    @property
    def exit_code(self) -> int | None:
        """What it ended with, minus the signal's number where it was killed; None while it runs."""
        return self._process.poll()

    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-25:])

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()

    def stop(self, timeout_s: float = 60.0) -> int:
        """SIGTERM, and kill -9 when that does not help; returns the exit code."""
        if self.running:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL


def answers(url: str) -> Callable[[], bool]:
    """Whether a GET of this address is answered with 200."""

    def ask() -> bool:
        try:
            return requests.get(url, timeout=2).status_code == 200
        except requests.RequestException:
            return False

    return ask


def eventually(
    question: Callable[[], bool], timeout_s: float = 30.0, every_s: float = 0.02
) -> bool:
    """Whether the question is answered with yes in time."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if question():
            return True
        time.sleep(every_s)
    return question()

"""The broker's own directory: its lock, its files, and the child that a killed parent left there.

lock          held by the live process that owns the directory
broker.conf   the configuration, with hashed secrets; owner only
broker.pid    the child's process id
ports/        where the server writes its NATS port
store-…/      JetStream's files, named after the storage key they are encrypted with
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from pathlib import Path

import psutil

from cloud.broker.errors import DirectoryInUse
from cloud.errors import BadConfiguration
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)


class BrokerDirectory:
    """The directory of one broker; made when missing, readable by its owner only."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.config = self.root / "broker.conf"
        self.ports = self.root / "ports"
        self._pid = self.root / "broker.pid"
        self._lock: int | None = None

    def acquire(self) -> None:
        """Make the directory ours until ``release`` or our death.

        Raises DirectoryInUse, or BadConfiguration when it cannot be written.
        """
        handle = self._open_lock()
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.pread(handle, 20, 0).decode(errors="replace").strip() or "unknown"
            os.close(handle)
            raise DirectoryInUse(
                f"the broker directory {self.root} is in use by process {owner}: end that one, "
                "or give this one a directory of its own"
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        self._lock = handle

    def release(self) -> None:
        """Let others have it. Idempotent."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def write_config(self, text: str) -> None:
        """Replace the configuration in one step, so that no reader ever sees half of it."""
        fresh = self.config.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        fresh.replace(self.config)

    def store(self, storage_key: str | None) -> Path:
        """Where the messages encrypted with this key are kept; those of any other key are removed.

        The server cannot read another key's files and would refuse every client. The queue may
        always be thrown away: what the ledger has not settled is sent again.
        """
        kept = self.root / f"store-{_name_of(storage_key)}"
        for other in self.root.glob("store-*"):
            if other != kept:
                _LOG.warning("broker_queue_dropped", reason="storage key changed")
                shutil.rmtree(other)
        kept.mkdir(mode=0o700, exist_ok=True)
        return kept

    def clear_ports(self) -> None:
        """Forget the ports of servers that were killed before they could."""
        shutil.rmtree(self.ports, ignore_errors=True)
        self.ports.mkdir(mode=0o700)

    def remember_child(self, pid: int) -> None:
        """Note the child, for the case that we are killed."""
        self._pid.write_text(str(pid))

    def end_leftover(self, timeout_s: float) -> None:
        """End the child of a killed parent, if it still runs. Needs ``acquire``: then none is ours.

        A process is ours only if its command line names our configuration; ids are reused.
        """
        leftover = self._leftover()
        if leftover is None:
            return
        _LOG.warning("broker_leftover_ended", pid=leftover.pid)
        try:
            leftover.terminate()
            leftover.wait(timeout_s)
        except psutil.TimeoutExpired:
            leftover.kill()
            leftover.wait(timeout_s)
        except psutil.NoSuchProcess:
            return

    def _open_lock(self) -> int:
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise BadConfiguration(
                f"the broker directory {self.root} cannot be used: {error.strerror}; "
                "choose one that this user may write"
            ) from error

    def _leftover(self) -> psutil.Process | None:
        try:
            process = psutil.Process(int(self._pid.read_text()))
            return process if str(self.config) in process.cmdline() else None
        except (FileNotFoundError, ValueError, psutil.Error):
            return None


def _name_of(storage_key: str | None) -> str:
    """A name that tells keys apart and says nothing of them."""
    if storage_key is None:
        return "plain"
    return hashlib.sha256(f"name:{storage_key}".encode()).hexdigest()[:12]

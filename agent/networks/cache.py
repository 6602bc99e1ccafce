"""The folder with this device's network files, and nothing that is not what its name says.

A file is called as the manifest calls it. Every time a network is asked for, its bytes are hashed
first: some 15 ms, once per start of a camera, against counting with a damaged or foreign network.
Installing is atomic: a reader sees the old file or the whole new one, and bytes that do not match
are removed before they get the name.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from agent.errors import BadConfiguration, DiskUnusable, NetworkMismatch, NetworkMissing
from agent.networks.part import Part, TooManyBytes
from models.runtime.logs import get_logger
from models.vision.manifest import (
    Manifest,
    Network,
    UnknownNetwork,
    WrongBytes,
    read_manifest,
    verify,
)

_LOG = get_logger(__name__)
_REMOVED: Final = "these bytes were removed: try another source"


class Standing(StrEnum):
    """What the cache has of a network."""

    ABSENT = "absent"
    SOUND = "sound"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class InstalledNetwork:
    """A network whose file was just verified.

    Attributes:
        network: what the manifest says of it.
        file: its ONNX file.
    """

    network: Network
    file: Path


@dataclass(frozen=True, slots=True)
class CachedNetwork:
    """A network of the manifest as it stands in the cache.

    Attributes:
        network: what the manifest says of it.
        file: where its file is or would be.
        standing: absent, sound or damaged.
        problem: one clause on what is wrong with a damaged file; else empty.
    """

    network: Network
    file: Path
    standing: Standing
    problem: str = ""


class NetworkCache:
    """The networks of one folder, which need not exist before something is installed."""

    def __init__(self, folder: Path, manifest: Manifest | None = None) -> None:
        """A cache in a folder.

        Args:
            folder: holds the files.
            manifest: what may be in it; the shipped one when absent.
        """
        self.folder = folder
        self.manifest = manifest or read_manifest()

    def find(self, name: str = "") -> InstalledNetwork:
        """A network that is here and verified.

        Args:
            name: which; empty for the first of the manifest that is here.

        Raises:
            BadConfiguration: the manifest has no network of this name.
            NetworkMissing: none is here.
            NetworkMismatch: there is a file, but with other bytes.
        """
        candidates = [self.network(name)] if name else self.manifest.networks
        found = [self.look(network) for network in candidates]
        for each in found:
            if each.standing is Standing.SOUND:
                _report_damaged(found)
                return InstalledNetwork(each.network, each.file)
        for each in found:
            if each.standing is Standing.DAMAGED:
                raise NetworkMismatch(
                    f"{each.problem}; it is not used: run lianke-agent models pull "
                    f"{each.network.name}"
                )
        raise NetworkMissing(
            f"{self.folder} holds no {name or 'network'}: run "
            + f"lianke-agent models pull {name}".rstrip()
        )

    def contents(self) -> list[CachedNetwork]:
        """How every network of the manifest stands here; hashes all files."""
        return [self.look(network) for network in self.manifest.networks]

    def look(self, network: Network) -> CachedNetwork:
        """How one network stands here; hashes its file."""
        file = self.folder / network.file
        try:
            verify(file, network)
        except FileNotFoundError:
            return CachedNetwork(network, file, Standing.ABSENT)
        except WrongBytes as error:
            return CachedNetwork(network, file, Standing.DAMAGED, str(error))
        except OSError as error:
            return CachedNetwork(
                network, file, Standing.DAMAGED, f"{file} cannot be read: {error.strerror}"
            )
        return CachedNetwork(network, file, Standing.SOUND)

    def network(self, name: str) -> Network:
        """What the manifest says of a name; raises BadConfiguration."""
        try:
            return self.manifest.network(name)
        except UnknownNetwork as error:
            raise BadConfiguration(str(error)) from error

    def receive(self, network: Network, write: Callable[[Part], None]) -> InstalledNetwork:
        """Install a network out of bytes that somebody writes.

        Args:
            network: what the bytes should be.
            write: appends them to the part, which may hold a beginning from an earlier attempt;
                what it raises passes through, and the part stays for the next attempt.

        Raises:
            NetworkMismatch: the bytes are others; they are removed.
            NetworkUnavailable: another process is fetching this network.
            DiskUnusable: the folder cannot be written.
        """
        part = self.folder / f".{network.file}.part"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with Part.held(part, network.size_bytes) as held:
                write(held)
                held.settle()
                return self._adopt(network, part)
        except TooManyBytes as error:
            raise NetworkMismatch(f"{network.name}: {error}; {_REMOVED}") from error
        except OSError as error:
            raise DiskUnusable(
                f"{self.folder}: {error.strerror}; free, repair or unlock this folder"
            ) from error

    def _adopt(self, network: Network, part: Path) -> InstalledNetwork:
        try:
            verify(part, network)
        except WrongBytes as error:
            Part.remove(part)
            raise NetworkMismatch(
                f"{network.name}: expected {error.expected}, found {error.found}; {_REMOVED}"
            ) from error
        file = self.folder / network.file
        part.replace(file)
        Part.remove(part)
        _sync(self.folder)
        _LOG.info("network_installed", network=network.name, sha256=network.sha256)
        return InstalledNetwork(network, file)


def _report_damaged(found: list[CachedNetwork]) -> None:
    """A damaged network that another one stands in for must not go unseen."""
    for each in found:
        if each.standing is Standing.DAMAGED:
            _LOG.warning("network_refused", network=each.network.name, problem=each.problem)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

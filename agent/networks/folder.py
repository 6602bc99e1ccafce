"""A folder that somebody filled: a memory stick, a mounted share, a shelf of test data.

A network is known by its bytes there, not by its name, since people rename files.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agent.errors import NetworkMismatch
from agent.networks.part import Part
from agent.networks.port import SourceFailed
from models.vision.manifest import Network, WrongBytes, verify

_PIECE_BYTES: Final = 1 << 20


class FolderSource:
    """The files of one folder, without those in folders below it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"folder {self._folder}"

    def write(self, network: Network, part: Part) -> None:
        """Copy the file that has the network's bytes.

        Raises:
            SourceFailed: none has, or the folder cannot be read.
            NetworkMismatch: none has, and one is called as the network's file.
        """
        try:
            file = self._find(network)
            part.restart()
            for piece in _pieces(file):
                part.append(piece)
        except PermissionError as error:
            raise SourceFailed(f"{error.filename}: {error.strerror}") from error

    def _find(self, network: Network) -> Path:
        impostor: WrongBytes | None = None
        for file in self._files():
            try:
                verify(file, network)
            except WrongBytes as error:
                impostor = error if file.name == network.file else impostor
            else:
                return file
        if impostor is not None:
            raise NetworkMismatch(str(impostor)) from impostor
        raise SourceFailed("no file in it has these bytes")

    def _files(self) -> list[Path]:
        if not self._folder.is_dir():
            raise SourceFailed("there is no such folder")
        return sorted(file for file in self._folder.iterdir() if file.is_file())


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE_BYTES):
            yield piece

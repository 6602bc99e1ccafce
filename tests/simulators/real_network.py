"""The real network, in a cache as a box has one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from models.vision.manifest import read_manifest
from tests.simulators.real_data import real_file

NETWORK: Final = "yolox-nano-416"


def cache_with_the_real_network(folder: Path) -> Path:
    """The folder, for LIANKE_MODELS; the test is skipped where the network's bytes are absent."""
    entry = read_manifest().network(NETWORK)
    (folder / entry.file).symlink_to(real_file("models", "yolox_nano_416.onnx"))
    return folder

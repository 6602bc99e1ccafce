"""Can this box look at pictures: the libraries, and a network that is what it should be."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from agent.config import AgentConfig
from agent.errors import AgentError
from agent.health.check import Finding, Verdict
from agent.networks import NetworkCache, default_folder

_NAME: Final = "network"
_LIBRARIES: Final = {
    "numpy": "numpy",
    "cv2": "opencv-python-headless",
    "onnxruntime": "onnxruntime",
    "scipy": "scipy",
}
"""Modules that the watchers import, and the packages they come in; nothing is imported here."""


def network_ready(config: AgentConfig) -> Finding:
    """Every camera's network is installed and its bytes are those of the manifest."""
    if not config.camera:
        return Finding(_NAME, Verdict.OK, "this box has no camera")
    absent = [package for module, package in _LIBRARIES.items() if find_spec(module) is None]
    if absent:
        return Finding(
            _NAME,
            Verdict.FAULT,
            f"not installed: {', '.join(absent)}",
            "run install.sh --camera, or install lianke[agent,vision]",
        )
    folder = config.vision.models_dir or default_folder()
    try:
        networks = NetworkCache(folder)
        found = [networks.find(name) for name in {camera.network for camera in config.camera}]
    except AgentError as error:
        return Finding(
            _NAME, Verdict.FAULT, str(error), f"sudo lianke-agent models pull --folder {folder}"
        )
    names = sorted({each.network.name for each in found})
    return Finding(_NAME, Verdict.OK, f"{', '.join(names)} in {folder}, verified")

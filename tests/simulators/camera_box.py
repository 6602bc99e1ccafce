"""A shop's box with a camera, as a process: the real agent, with a network out of any folder.

    python -m tests.simulators.camera_box folder agent.toml

As ``lianke-agent run``, but the folder holds ``red_coat_network``'s toy, which no manifest names.
"""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

from agent.app import Agent
from agent.config import read_config
from agent.networks import NetworkCache
from models.runtime import logs
from models.vision.manifest import Manifest
from tests.simulators.red_coat_network import red_coats


def main(networks: str, config: str) -> None:
    """Run until told to end."""
    logs.configure("INFO")
    settings = read_config(Path(config))
    installed = red_coats(Path(networks))
    cache = NetworkCache(Path(networks), Manifest(networks=(installed.network,)))
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    with Agent(settings, networks=cache):
        end.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Real servers that tests need: skipped where one is missing, a failure where it must not be."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from cloud.broker import find_server
from cloud.broker.errors import BrokerMissing


def required_program(name: str, *, package: str) -> Path:
    """The path of a program; without it the test is skipped, or fails where CI is ``true``."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    return Path(found) if found else _missing(f"{name} is not installed: install {package}")


def required_nats_server() -> Path:
    """The embedded broker's program; without it as ``required_program``."""
    try:
        return find_server()
    except BrokerMissing as error:
        return _missing(str(error))


def _missing(reason: str) -> Path:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true forbids skipping)")
    pytest.skip(reason)

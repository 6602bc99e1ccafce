"""Real servers that tests need: skipped where one is missing, a failure where it must not be."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from cloud.broker import find_server
from cloud.broker.errors import BrokerMissing


def required_program(
    name: str, *, package: str, environment: Mapping[str, str] = os.environ
) -> Path:
    """The path of a program; without it the test is skipped, or fails where CI is ``true``."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found:
        return Path(found)
    return _missing(f"{name} is not installed: install {package}", environment)


def required_nats_server(
    search_path: str | None = None, environment: Mapping[str, str] = os.environ
) -> Path:
    """The embedded broker's program; without it as ``required_program``."""
    try:
        return find_server(search_path)
    except BrokerMissing as error:
        return _missing(str(error), environment)


def _missing(reason: str, environment: Mapping[str, str]) -> Path:
    if environment.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true forbids skipping)")
    pytest.skip(reason)

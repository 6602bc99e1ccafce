"""What every browser test stands on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import a_browser
from tests.simulators.whole_cloud import WholeCloud


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One process for all tests of a module; their visitors share nothing.

    What is expected of a page may take its time: five seconds are short on a busy machine.
    """
    expect.set_options(timeout=20_000)
    with a_browser() as opened:
        yield opened


@pytest.fixture
def url(cloud: WholeCloud) -> Iterator[str]:
    """Where the module's cloud is served; a module of console tests has a fixture ``cloud``."""
    with cloud.served() as address:
        yield address

"""What every browser test stands on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import a_browser
from tests.simulators.whole_cloud import WholeCloud


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One process for all tests of a module; their visitors share nothing."""
    with a_browser() as opened:
        yield opened


@pytest.fixture
def url(cloud: WholeCloud) -> Iterator[str]:
    """Where the module's cloud is served; a module of console tests has a fixture ``cloud``."""
    with cloud.served() as address:
        yield address

"""What many unit tests begin with: a shop's outbox in a folder of its own, its clock in hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.outbox import Outbox
from tests.simulators.clocks import HandClock
from tests.simulators.outbox_parts import Premises


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def premises(tmp_path: Path, clock: HandClock) -> Iterator[Premises]:
    one = Premises(tmp_path, clock)
    yield one
    one.close()


@pytest.fixture
def outbox(premises: Premises) -> Iterator[Outbox]:
    one = premises.open()
    yield one
    one.close()

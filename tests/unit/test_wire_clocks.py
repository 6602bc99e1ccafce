"""What travels about clocks, and what of it can be read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from models.wire.ack import Welcome
from models.wire.envelope import monotonic_ms


@pytest.mark.parametrize(
    ("now", "moment"),
    [
        ("2026-11-22T04:00:00.000Z", datetime(2026, 11, 22, 4, tzinfo=UTC)),
        ("2026-11-22T12:00:00+08:00", datetime(2026, 11, 22, 4, tzinfo=UTC)),
        ("2026-11-22T04:00:00", None),
        ("", None),
        ("noon", None),
    ],
)
def test_a_welcome_says_what_time_it_is_or_nothing(now: str, moment: datetime | None) -> None:
    assert Welcome(ledger="l", birth="b", epochs=[], now=now).moment == moment


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("86400123", 86_400_123),
        ("9" * 15, 10**15 - 1),
        ("9" * 16, None),
        ("-1", None),
        ("1.5", None),
        (" 1", None),
        ("\u0661", None),
        ("", None),
    ],
)
def test_a_monotonic_time_is_a_decimal_number_or_nothing(text: str, number: int | None) -> None:
    assert monotonic_ms(text) == number

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.capture.pos.database.clocked import TillMoments
from agent.capture.pos.database.profile import Clocked
from tests.simulators.capturing import SHANGHAI

_AT = datetime(2025, 11, 7, 4, 0, 5, tzinfo=UTC)


def _moments(clocked: Clocked, *, keeps_zones: bool = False) -> TillMoments:
    return TillMoments(clocked, SHANGHAI, "%Y-%m-%d %H:%M:%S", keeps_zones)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)),  # noqa: DTZ001 - made UTC below
    st.sampled_from(Clocked),
    st.booleans(),
)
def test_a_moment_comes_back_from_every_kind_of_column(
    at: datetime, clocked: Clocked, keeps_zones: bool
) -> None:
    whole = at.replace(microsecond=0, tzinfo=UTC)
    moments = _moments(clocked, keeps_zones=keeps_zones)
    assert moments.read(moments.stored(whole)) == whole


@pytest.mark.parametrize(
    ("clocked", "value"),
    [
        (Clocked.NATIVE, datetime(2025, 11, 7, 12, 0, 5)),  # noqa: DTZ001 - as tills write
        (Clocked.NATIVE, _AT),
        (Clocked.TEXT, "2025-11-07 12:00:05"),
        (Clocked.TEXT, "2025-11-07T12:00:05.000"),
        (Clocked.EPOCH_MS, 1_762_488_005_000),
        (Clocked.EPOCH_S, "1762488005"),
    ],
)
def test_a_till_writes_local_time_unless_it_says_otherwise(clocked: Clocked, value: object) -> None:
    assert _moments(clocked).read(value) == _AT


@pytest.mark.parametrize("clocked", Clocked)
@pytest.mark.parametrize("value", ["", "0000-00-00 00:00:00", "soon", 10**30, None, b"\xff"])
def test_what_is_no_time_stops_nothing(clocked: Clocked, value: object) -> None:
    assert _moments(clocked).read(value) is None

"""How a camera does, for the heartbeat: its troubles, and since when."""

from __future__ import annotations

from agent.capture.footfall.standing import Standing
from models.wire.events.footfall import MarkKind
from tests.simulators.clocks import HandClock


def test_a_camera_in_doubt_says_since_when_and_a_second_trouble_does_not_begin_it_anew() -> None:
    clock = HandClock()
    standing = Standing("door", clock)
    assert standing.suffers([MarkKind.DARK])
    clock.move(30)
    assert not standing.suffers([MarkKind.DARK])
    assert standing.suffers([MarkKind.MOVED, MarkKind.DARK])
    clock.move(12)
    told = standing.told()
    assert (told.troubles, told.troubled_s) == ([MarkKind.DARK, MarkKind.MOVED], 42.0)
    assert standing.suffers([MarkKind.MOVED])
    assert standing.told().troubled_s == 12.0


def test_a_camera_that_is_trusted_again_has_no_trouble() -> None:
    clock = HandClock()
    standing = Standing("door", clock)
    standing.suffers([MarkKind.FROZEN])
    clock.move(5)
    assert standing.suffers([])
    told = standing.told()
    assert (told.troubles, told.troubled_s) == ([], 0.0)

"""Waiting after failures: longer each time, never together."""

from __future__ import annotations

from random import Random

from models.runtime.backoff import Backoff


def test_waiting_doubles_up_to_a_ceiling_and_begins_anew_after_success() -> None:
    backoff = Backoff(lambda: 0.5, first_s=1.0, longest_s=5.0)
    assert [backoff.next_s() for _ in range(5)] == [0.5, 1.0, 2.0, 2.5, 2.5]
    assert backoff.failures == 5
    backoff.reset()
    assert (backoff.next_s(), backoff.failures) == (0.5, 1)


def test_a_wait_is_any_share_of_its_bound() -> None:
    backoff = Backoff(Random(7).random, first_s=0.5, longest_s=8.0)
    waits = [backoff.next_s() for _ in range(40)]
    bounds = [min(8.0, 0.5 * 2.0**n) for n in range(40)]
    assert all(0 <= wait <= bound for wait, bound in zip(waits, bounds, strict=True))
    assert max(waits) > 4.0


def test_a_series_of_failures_without_end_is_no_overflow() -> None:
    backoff = Backoff(lambda: 0.999, first_s=1.0, longest_s=15.0)
    assert [backoff.next_s() for _ in range(5000)][-1] == 0.999 * 15.0


def test_a_thousand_shops_do_not_come_back_together() -> None:
    firsts = sorted(Backoff(Random(n).random, 10, 60).next_s() for n in range(1000))
    assert sum(1 for wait in firsts if 4 <= wait < 5) < 150

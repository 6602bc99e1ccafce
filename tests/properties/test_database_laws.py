from __future__ import annotations

import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.capture.pos.database import PollingSettings
from tests.simulators.polled_till import NOON, sqlite_till
from tests.simulators.till_tables import ARTICLES, Basket, exact_total_minor

_UNITS = st.one_of(
    st.integers(1, 12).map(str), st.decimals("0.001", "5", places=3).map(lambda each: f"{each:f}")
)
_BASKETS = st.lists(st.tuples(st.sampled_from(ARTICLES), _UNITS), min_size=1, max_size=6)
_ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("ring"), st.integers(-9 * 3600, 9 * 3600)),
        st.tuples(st.just("look"), st.integers(0, 900)),
        st.tuples(st.just("restart"), st.just(0)),
        st.tuples(st.just("die"), st.just(0)),
    ),
    max_size=25,
)


@given(_ACTIONS, st.integers(1, 4))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_order_of_commits_looks_restarts_and_crashes_gives_each_sale_once(
    actions: list[tuple[str, int]], batch: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shop = sqlite_till(Path(folder), polling=PollingSettings(batch=batch))
        rung = {}
        for what, value in actions:
            match what:
                case "ring":
                    each = shop.till.ring(NOON + timedelta(seconds=value), [(ARTICLES[4], "1")])
                    rung[each.id] = each
                case "look":
                    shop.wait(value)
                case "restart":
                    shop.restart()
                case _:
                    shop.sink.die_after = SystemError("killed between sink and watermark")
                    with suppress(SystemError):
                        shop.wait()
                    shop.sink.die_after = None
                    shop.restart()
        shop.wait(shop.polling.sweep_s)
        assert {each.sale.transaction_id for each in shop.sink.stored.values()} == set(rung)
        assert len(shop.sink.stored) == len(rung)
        shop.close()


@given(st.lists(_BASKETS, min_size=1, max_size=6), st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_binary_money_comes_out_to_the_cent(baskets: list[Basket], refund: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shop = sqlite_till(Path(folder))
        rung = [shop.till.ring(NOON, each, refund=refund) for each in baskets]
        shop.wait()
        sign = -1 if refund else 1
        for each, basket in zip(rung, baskets, strict=True):
            sale = shop.sales[each.id]
            assert sale.total_minor == sign * exact_total_minor(basket)
            assert sum(line.extended_amount_minor for line in sale.lines) == sale.total_minor
            assert sum(tender.amount_minor for tender in sale.tenders) == sale.total_minor
            assert not [flag for flag in sale.capture.flags if flag.endswith("disagree")]
        shop.close()

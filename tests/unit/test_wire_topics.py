from __future__ import annotations

import pytest

from models.wire.errors import BadTopic
from models.wire.topics import (
    Down,
    ShopDown,
    Stream,
    Up,
    device_filters,
    down,
    parse_up,
    shop_down,
    up,
    worker_filters,
)
from tests.simulators.facts import SHOP


@pytest.mark.parametrize("branch", [*Stream, *Up])
def test_what_a_device_says_is_understood_by_a_worker(branch: Stream | Up) -> None:
    parsed = parse_up(up(SHOP, branch))
    assert (parsed.device, parsed.branch) == (SHOP, branch)


@pytest.mark.parametrize(
    "topic",
    [
        "lk1/demo/63/sh-0001/pos1/down/ack",
        "lk1/demo/63/sh-0001/pos1/up",
        "lk1/demo/63/sh-0001/pos1/up/sale/more",
        "lk2/demo/63/sh-0001/pos1/up/sale",
        "lk1/demo/12/sh-0001/pos1/up/sale",
        "lk1/demo/63/sh-0001/_store/up/sale",
        "lk1/demo/63/sh-0001/pos1/up/gossip",
        "",
    ],
)
def test_a_topic_that_is_not_ours_is_refused(topic: str) -> None:
    with pytest.raises(BadTopic):
        parse_up(topic)


def test_no_topic_has_more_than_seven_slashes() -> None:
    topics = [up(SHOP, Stream.TELEMETRY), down(SHOP, Down.COMMAND)]
    topics.append(shop_down(SHOP.tenant, SHOP.store, ShopDown.ALERTS))
    assert max(topic.count("/") for topic in topics) <= 7


def test_a_device_listens_to_itself_and_to_its_shop() -> None:
    assert device_filters(SHOP) == (
        "lk1/demo/63/sh-0001/sh-0001-pos1/down/#",
        "lk1/demo/63/sh-0001/_store/down/#",
    )


def test_workers_share_the_stores_by_part_without_overlap() -> None:
    assert worker_filters() == ["lk1/+/+/+/+/up/+"]
    even, odd = worker_filters(range(0, 64, 2)), worker_filters(range(1, 64, 2))
    assert len(set(even) | set(odd)) == 64
    assert not set(even) & set(odd)

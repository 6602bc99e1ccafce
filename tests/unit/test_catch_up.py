"""Cards that were missed are fetched; a feed that was rewound begins anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest

from agent.errors import CloudUnavailable, DiskUnusable
from agent.replica import Applied
from agent.sync.catch_up import CatchUp
from models.runtime.backoff import Backoff
from models.runtime.clock import SystemClock
from models.wire.cards import CardDelta, CardPage
from tests.simulators.processes import eventually


def delta(sequence: int) -> CardDelta:
    return CardDelta(store="sh-0001", sequence=sequence, one_id="x", version=sequence, card=None)


class Shelf:
    """The replica's side of the port: only positions."""

    def __init__(self, through: int = 0) -> None:
        self.through = through
        self.forgotten = 0

    def apply(self, delta: CardDelta) -> Applied:
        if delta.sequence > self.through + 1:
            return Applied.GAP
        self.through = delta.sequence
        return Applied.APPLIED

    def apply_page(self, page: CardPage) -> None:
        self.through = page.through

    def forget(self) -> None:
        self.through = 0
        self.forgotten += 1


class FullShelf(Shelf):
    """A replica whose disk is full for a while."""

    refused = 0

    def apply_page(self, page: CardPage) -> None:
        if self.refused < 2:
            self.refused += 1
            raise DiskUnusable("no space left")
        super().apply_page(page)


class Feed:
    """The cloud's side: pages of two, and now and then no answer."""

    def __init__(self, head: int, failures: int = 0) -> None:
        self.head = head
        self.failures = failures
        self.asked: list[int] = []

    def page(self, after: int) -> CardPage:
        self.asked.append(after)
        if self.failures:
            self.failures -= 1
            raise CloudUnavailable("away")
        through = min(self.head, after + 2)
        return CardPage(
            deltas=[delta(n) for n in range(after + 1, through + 1)],
            through=through,
            head=self.head,
        )


class ForgetfulFeed(Feed):
    """While its first page is on the way, something happens."""

    meanwhile: Callable[[], None] | None = None

    def page(self, after: int) -> CardPage:
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            happens()
        return super().page(after)


@pytest.fixture
def running() -> Iterator[list[CatchUp]]:
    started: list[CatchUp] = []
    yield started
    for each in started:
        each.stop()


def started(running: list[CatchUp], shelf: Shelf, feed: Feed | None) -> CatchUp:
    backoff = Backoff(Random(1).random, first_s=0.01, longest_s=0.02)
    catch_up = CatchUp(shelf, feed, backoff=backoff, clock=SystemClock())
    catch_up.start()
    running.append(catch_up)
    return catch_up


def test_a_gap_in_the_feed_is_filled_page_by_page(running: list[CatchUp]) -> None:
    shelf, feed = Shelf(through=1), Feed(head=6)
    started(running, shelf, feed).take(delta(6))
    assert eventually(lambda: shelf.through == 6, every_s=0.01)
    assert feed.asked == [1, 3, 5]


def test_a_delta_in_its_turn_asks_for_nothing(running: list[CatchUp]) -> None:
    shelf, feed = Shelf(through=1), Feed(head=2)
    catch_up = started(running, shelf, feed)
    catch_up.take(delta(2))
    catch_up.head_is(2)
    assert not eventually(lambda: bool(feed.asked), 0.2, every_s=0.02)


def test_a_head_ahead_of_us_is_caught_up_with_though_the_cloud_is_away_at_first(
    running: list[CatchUp],
) -> None:
    shelf, feed = Shelf(), Feed(head=3, failures=3)
    started(running, shelf, feed).head_is(3)
    assert eventually(lambda: shelf.through == 3, every_s=0.01)


def test_a_feed_behind_us_was_restored_and_begins_anew(running: list[CatchUp]) -> None:
    shelf, feed = Shelf(through=9), Feed(head=4)
    started(running, shelf, feed).head_is(4)
    assert eventually(lambda: shelf.through == 4, every_s=0.01)
    assert (shelf.forgotten, feed.asked[0]) == (1, 0)


def test_a_disk_that_takes_no_card_is_tried_again(running: list[CatchUp]) -> None:
    shelf, feed = FullShelf(), Feed(head=3)
    started(running, shelf, feed).head_is(3)
    assert eventually(lambda: shelf.through == 3, every_s=0.01)
    assert shelf.refused == 2


def test_cards_of_a_later_ledger_are_forgotten_though_the_feed_has_passed_them_again(
    running: list[CatchUp],
) -> None:
    shelf, feed = Shelf(through=4), Feed(head=5)
    catch_up = started(running, shelf, feed)
    catch_up.head_is(5)
    catch_up.begin_anew()
    assert eventually(lambda: shelf.through == 5 and 0 in feed.asked, every_s=0.01)
    assert shelf.forgotten == 1


def test_a_page_that_was_asked_for_before_all_was_forgotten_leaves_no_hole(
    running: list[CatchUp],
) -> None:
    shelf, feed = Shelf(through=4), ForgetfulFeed(head=8)
    catch_up = started(running, shelf, feed)
    feed.meanwhile = catch_up.begin_anew
    catch_up.head_is(8)
    assert eventually(lambda: shelf.through == 8, every_s=0.01)
    assert feed.asked[:5] == [4, 0, 2, 4, 6]


def test_without_an_address_nothing_is_forgotten(running: list[CatchUp]) -> None:
    shelf = Shelf(through=4)
    started(running, shelf, None).begin_anew()
    assert (shelf.through, shelf.forgotten) == (4, 0)


def test_without_an_address_only_the_broker_brings_cards(running: list[CatchUp]) -> None:
    shelf = Shelf()
    catch_up = started(running, shelf, None)
    catch_up.head_is(5)
    catch_up.take(delta(1))
    assert shelf.through == 1

"""How much of everything besides plain sales a day of a given size has.

Every kind occurs at least once, so that a day of fifty sales exercises all a day of a thousand
does. The shares are an operator's rule of thumb, not statistics.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.simulators.till.rhythm import HOUR_S

IDENTIFIED_SHARE: Final = 0.46


@dataclass(frozen=True, slots=True)
class Mix:
    """Numbers of special events; `of` derives them from the number of completed sales."""

    returns: int
    post_voids: int
    given_up: int
    resumed: int
    abandoned: int
    trainings: int
    offline: int
    price_hunters: int
    line_voids: int
    reprints: int
    late: int
    no_sales: int

    @classmethod
    def of(cls, sales: int) -> "Mix":
        """Scale the mix to a day with this many completed sales."""
        return cls(
            returns=max(1, sales // 50),
            post_voids=max(1, sales // 250),
            given_up=max(1, sales // 70),
            resumed=max(1, sales // 80),
            abandoned=max(1, sales // 250),
            trainings=max(1, sales // 150),
            offline=max(1, sales // 60),
            price_hunters=max(2, sales // 160),
            line_voids=max(1, sales // 40),
            reprints=max(1, sales // 300),
            late=max(1, sales // 600),
            no_sales=max(1, sales // 120),
        )


@dataclass(frozen=True, slots=True)
class Roles:
    """Which sales (by their index in the day) play which special part; none plays two."""

    offline: frozenset[int]
    resumed: frozenset[int]
    returned: frozenset[int]
    price_hunters: frozenset[int]
    line_voids: frozenset[int]
    reprints: frozenset[int]
    late: frozenset[int]


def cast(rng: Random, times_s: list[int], mix: Mix) -> Roles:
    """Deal the special parts to sales, each where it is plausible in the day."""
    sales = len(times_s)
    # A dead line stays dead for a while: the offline sales follow one another after lunch.
    outage = sales * 5 // 9
    offline = frozenset(range(outage, outage + mix.offline))
    deck = [index for index in range(sales) if index not in offline]
    rng.shuffle(deck)
    return Roles(
        offline=offline,
        resumed=_deal(deck, mix.resumed, lambda index: times_s[index] > 8 * HOUR_S),
        returned=_deal(deck, mix.returns, lambda index: times_s[index] < 21 * HOUR_S),
        price_hunters=_deal(deck, mix.price_hunters),
        line_voids=_deal(deck, mix.line_voids),
        reprints=_deal(deck, mix.reprints, lambda index: times_s[index] < 23 * HOUR_S),
        late=_deal(deck, mix.late),
    )


def _anywhere(_index: int) -> bool:
    return True


def _deal(deck: list[int], count: int, fits: Callable[[int], bool] = _anywhere) -> frozenset[int]:
    """Take `count` fitting cards from the top of the deck."""
    hand = _first(count, filter(fits, deck))
    deck[:] = [card for card in deck if card not in hand]
    return hand


def _first(count: int, cards: Iterable[int]) -> frozenset[int]:
    return frozenset(card for card, _ in zip(cards, range(count), strict=False))

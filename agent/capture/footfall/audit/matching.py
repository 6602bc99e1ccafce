"""Which crossing that was told is which that was seen. Pure.

Both are times on one line in one direction, and each is at most one of the other side's. Wanted is
the matching with the most pairs, sure marks before arguable ones, and among those the one with the
least time between its pairs. If two pairs crossed over, exchanging their partners would be no worse
in any of these, so it is enough to look at matchings that keep the order, and one walk over both
sides finds the best (dynamic programming, as sequences are aligned).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

Pair = tuple[int, int]
_Worth = tuple[int, int, float]
"""Sure pairs, pairs, and the seconds between them, negative: the greater the better."""


def matched(
    seen_s: Sequence[float],
    told_s: Sequence[float],
    tolerance_s: float,
    sure: Sequence[bool] = (),
) -> list[Pair]:
    """The best one-to-one matching, as indices into both, in order.

    Args:
        seen_s: when people were seen to cross, ascending.
        told_s: when the counter says that they did, ascending.
        tolerance_s: what lies further apart is not the same.
        sure: which of ``seen_s`` are beyond argument; all of them when empty.
    """
    sure = sure or [True] * len(seen_s)
    pairs: list[Pair] = []
    for seen, told in _neighbourhoods(seen_s, told_s, tolerance_s):
        near = _aligned(
            [seen_s[i] for i in seen],
            [told_s[j] for j in told],
            tolerance_s,
            [sure[i] for i in seen],
        )
        pairs += [(seen[i], told[j]) for i, j in near]
    return pairs


def _neighbourhoods(
    seen_s: Sequence[float], told_s: Sequence[float], tolerance_s: float
) -> Iterator[tuple[range, range]]:
    """Both sides cut wherever nothing happened for longer than the tolerance."""
    i = j = 0
    while i < len(seen_s) and j < len(told_s):
        first_i, first_j = i, j
        last_s = min(seen_s[i], told_s[j])
        while True:
            if i < len(seen_s) and seen_s[i] - last_s <= tolerance_s:
                last_s, i = max(last_s, seen_s[i]), i + 1
            elif j < len(told_s) and told_s[j] - last_s <= tolerance_s:
                last_s, j = max(last_s, told_s[j]), j + 1
            else:
                break
        yield range(first_i, i), range(first_j, j)


def _aligned(
    seen_s: Sequence[float], told_s: Sequence[float], tolerance_s: float, sure: Sequence[bool]
) -> list[Pair]:
    worth = [[(0, 0, 0.0)] * (len(told_s) + 1) for _ in range(len(seen_s) + 1)]
    for i, at_s in enumerate(seen_s):
        for j, then_s in enumerate(told_s):
            best = max(worth[i][j + 1], worth[i + 1][j])
            if abs(at_s - then_s) <= tolerance_s:
                sures, pairs, apart_s = worth[i][j]
                best = max(best, (sures + sure[i], pairs + 1, apart_s - abs(at_s - then_s)))
            worth[i + 1][j + 1] = best
    return _walked_back(worth)


def _walked_back(worth: Sequence[Sequence[_Worth]]) -> list[Pair]:
    i, j = len(worth) - 1, len(worth[0]) - 1
    pairs: list[Pair] = []
    while i and j:
        if worth[i][j] == worth[i - 1][j]:
            i -= 1
        elif worth[i][j] == worth[i][j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            pairs.append((i, j))
    return pairs[::-1]

"""When people come: the hourly curve of a convenience store, from breakfast to past midnight.

Times are seconds after local midnight of the business day, so hour 24 is the first hour of the
next calendar day. Every hour gets its share exactly (largest remainder), never less than one
sale: a small test day has a breakfast peak and a sale after midnight too.
"""

from random import Random
from typing import Final

HOUR_S: Final = 3600
OPENS_S: Final = 6 * HOUR_S + 30 * 60
LAST_SALE_S: Final = 25 * HOUR_S + 25 * 60
FIRST_NIGHT_SALE_S: Final = 24 * HOUR_S + 10 * 60

# Relative numbers of sales by hour: breakfast, lunch and evening peaks.
_CURVE: Final = {
    6: 15, 7: 75, 8: 95, 9: 50, 10: 38, 11: 60, 12: 98, 13: 58, 14: 38, 15: 38,
    16: 46, 17: 72, 18: 96, 19: 82, 20: 64, 21: 52, 22: 36, 23: 24, 24: 14, 25: 8,
}  # fmt: skip


def arrivals(rng: Random, count: int) -> list[int]:
    """Draw `count` times of day that follow the curve, in order.

    Raises:
        ValueError: fewer sales than hours the store is open.
    """
    if count < len(_CURVE):
        raise ValueError(
            f"{count} sales cannot fill {len(_CURVE)} hours; ask for at least that many"
        )
    return sorted(
        rng.randrange(*_window(hour))
        for hour, quota in _quotas(count).items()
        for _ in range(quota)
    )


def _window(hour: int) -> tuple[int, int]:
    begin_s, end_s = hour * HOUR_S, (hour + 1) * HOUR_S
    if hour == OPENS_S // HOUR_S:
        begin_s = OPENS_S
    if hour == FIRST_NIGHT_SALE_S // HOUR_S:
        begin_s = FIRST_NIGHT_SALE_S
    return begin_s, min(end_s, LAST_SALE_S)


def _quotas(count: int) -> dict[int, int]:
    total = sum(_CURVE.values())
    spare = count - len(_CURVE)
    quotas = {hour: 1 + spare * weight // total for hour, weight in _CURVE.items()}
    # What integer division left over goes to the busiest hours.
    remainder = sorted(_CURVE, key=lambda hour: (-(spare * _CURVE[hour] % total), hour))
    for hour in remainder[: count - sum(quotas.values())]:
        quotas[hour] += 1
    return quotas

"""Drawing from a table of values and weights."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

_Value = TypeVar("_Value")


def weighted(rng: Random, table: Sequence[tuple[_Value, int]]) -> _Value:
    """Draw a value as often as its weight says, relative to the others."""
    (drawn,) = rng.choices([value for value, _ in table], [weight for _, weight in table])
    return drawn

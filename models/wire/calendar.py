"""Which times an event may carry."""

from __future__ import annotations

from typing import Final

YEARS: Final = range(1970, 2201)
"""Years that a device's clock may say; one that lost its time wakes in 1970 and is not refused."""

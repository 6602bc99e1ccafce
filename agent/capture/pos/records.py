"""A record that cannot be captured, as a reader hands it on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Refused:
    """One record of a file that stays out while the others go on.

    Attributes:
        data: its own bytes, as a file of one record that the same reader can read again.
        reason: what is wrong with it, without quoting it.
        number: its place among the records of the file, from 1.
        offset: its first byte's place in the file.
        key: shop, workstation, day and number as far as they can be read; empty otherwise.
    """

    data: bytes
    reason: str
    number: int
    offset: int
    key: str = ""

"""What a device says the ledger has acknowledged, beside what the ledger holds. Pure.

An acknowledgement leaves only after the commit, so the ledger holds all that it ever acknowledged.
Where it does not, it is an older one that was put back; or the device is mistaken, or lies. So what
a device says changes how the ledger speaks to that device, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from models.wire.ack import EpochSettled
from models.wire.birth import Birth
from models.wire.ids import is_epoch
from models.wire.ranges import Range, RangeSet
from models.wire.topics import Stream

MOST_EPOCHS: Final = 16
"""Epochs looked at in one birth; what a device keeps lies under one or two."""

MOST_RANGES: Final = 128
"""Ranges looked at in one lane."""

_LONGEST: Final = 2**53
"""No sequence comes near; greater numbers are not looked at."""


def asked_about(birth: Birth) -> list[str]:
    """The epochs of which a birth wants to know what is settled, each once."""
    claimed = [claim.epoch for claim in birth.acknowledged[:MOST_EPOCHS]]
    return list(dict.fromkeys([*(held.epoch for held in birth.epochs), *claimed]))


def missing(
    acknowledged: Sequence[EpochSettled], held: Iterable[EpochSettled]
) -> list[EpochSettled]:
    """What of the acknowledged the ledger has no word of; empty for a ledger and a device in order.

    Args:
        acknowledged: as a birth says; what is none of ours in it is left out.
        held: what the ledger has settled of the same device, read after that birth was said.
    """
    known = {
        (one.epoch, stream): RangeSet(ranges)
        for one in held
        for stream, ranges in one.streams.items()
    }
    found = [EpochSettled(one.epoch, _lacking(one, known)) for one in _usable(acknowledged)]
    return [one for one in found if one.streams]


def count(missed: Iterable[EpochSettled]) -> int:
    """How many sequences these are."""
    return sum(
        last - first + 1
        for one in missed
        for ranges in one.streams.values()
        for first, last in ranges
    )


def streams_of(missed: Iterable[EpochSettled]) -> list[str]:
    """Whose sequences these are, sorted."""
    return sorted({stream for one in missed for stream in one.streams})


def _usable(acknowledged: Sequence[EpochSettled]) -> Iterator[EpochSettled]:
    return (one for one in acknowledged[:MOST_EPOCHS] if is_epoch(one.epoch))


def _lacking(claim: EpochSettled, known: dict[tuple[str, str], RangeSet]) -> dict[str, list[Range]]:
    lacking = {
        stream: list(RangeSet(_sane(ranges)).without(known.get((claim.epoch, stream), RangeSet())))
        for stream, ranges in claim.streams.items()
        if stream in set(Stream)
    }
    return {stream: ranges for stream, ranges in lacking.items() if ranges}


def _sane(ranges: Sequence[Range]) -> list[Range]:
    return [(a, b) for a, b in ranges[-MOST_RANGES:] if 1 <= a <= b <= _LONGEST]

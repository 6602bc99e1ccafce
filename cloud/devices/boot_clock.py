"""What the time was, by our clock, when a device's monotonic clock stood at a value. Pure.

One ``BootClock`` per boot of a device. Whatever we hear of a boot while it happens is a sample: it
was said at ``monotonic`` and came at ``at``, so the boot's offset (our time less its monotonic
time) is ``at - monotonic`` at most, more exactly by the delay on the way. The least of the recent
samples is the estimate; delayed ones, however late, only fail to improve it.

The estimate changes as clocks drift, and a time that was told once must stand: the ledger is only
added to. So the boot has a line of knots, monotonic against time, that is only ever continued
behind the last time told. Hence the promise: times told of one boot, in whatever order the events
arrive, are in the order of their monotonic times, and none lies behind its event's arrival.

A boot that we only heard of afterwards (a box that was switched off before its line came back) has
no samples. Then its own wall clock is believed at one event, the most trustworthy of the first that
arrive, and the monotonic clock gives the rest: a clock that was set in between labels both sides.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from enum import IntEnum
from itertools import pairwise
from operator import attrgetter
from typing import Final

import msgspec

SLEW_PPM: Final = 500
"""How fast a clock may drift against ours: the most by which Linux slews one; crystals do 100."""

AGREE_MS: Final = 250
"""Samples this near to the line continue it: a crystal at 100 ppm makes some 70 knots a day."""

LATE_MS: Final = 1_000
"""A sample this much above the estimate was delayed, or the boot's clock stood still."""

PERSISTENT_MS: Final = 600_000
"""After ten minutes of nothing but late samples the boot's clock did stand still."""

MOST_KNOTS: Final = 1_000
"""Two weeks at 100 ppm; then every second of the older ones goes."""


class Trust(IntEnum):
    """What a boot's times rest on; a greater one replaces a lesser."""

    NOTHING = 0
    UNSET = 1
    FREE = 2
    SYNCHRONISED = 3
    HEARD = 4


class Heard(msgspec.Struct, frozen=True, array_like=True):
    """The lower envelope of the samples: the offset, and when it held, monotonic.

    Attributes:
        spare_ns: how much more than ``offset_ms`` it may be by now, less than a millisecond. Events
            that come every few milliseconds allow for far less drift each, and it adds up.
    """

    monotonic_ms: int
    offset_ms: int
    spare_ns: int = 0

    def latest(self, monotonic_ms: int) -> Heard:
        """The greatest that the offset may have become by then."""
        spare_ns = self.spare_ns + (monotonic_ms - self.monotonic_ms) * SLEW_PPM
        more_ms, spare_ns = divmod(spare_ns, _MILLISECOND_NS)
        return Heard(monotonic_ms, self.offset_ms + more_ms, spare_ns)


class Rival(msgspec.Struct, frozen=True, array_like=True):
    """A greater offset that the newest samples agree on, since ``since_ms`` of our time."""

    offset_ms: int
    since_ms: int


_MILLISECOND_NS: Final = 1_000_000
"""So a drift of one part in a million is a nanosecond for each millisecond."""

Knot = tuple[int, int]
"""Monotonic milliseconds, and the time then in milliseconds since 1970."""


class BootClock(msgspec.Struct, frozen=True):
    """One boot's line of knots and what it rests on.

    Attributes:
        knots: both coordinates never fall.
        told_ms: up to this monotonic time the line is fixed; -1 before anything was told.
    """

    knots: tuple[Knot, ...] = ()
    told_ms: int = -1
    trust: Trust = Trust.NOTHING
    heard: Heard | None = None
    rival: Rival | None = None

    def time_ms(self, monotonic_ms: int) -> int:
        """The time at a monotonic time, in milliseconds since 1970; never before 1970.

        Raises:
            ValueError: nothing is known of this boot yet.
        """
        if not self.knots:
            raise ValueError("hear or believe something before asking for a time")
        return max(0, self._on_line(monotonic_ms))

    def times_ms(self, monotonics_ms: Sequence[int | None]) -> list[int | None]:
        """The time at each of these, as ``time_ms``; None where there is none to tell.

        Nearly all of what is asked lies behind the last knot, where the line is straight.
        """
        at_ms, last_ms = self.knots[-1]
        shift_ms = last_ms - at_ms
        return [
            None
            if each is None
            else max(0, each + shift_ms)
            if each >= at_ms
            else self.time_ms(each)
            for each in monotonics_ms
        ]

    def tell(self, monotonic_ms: int, received_ms: int) -> BootClock:
        """The line, fixed up to here: what arrived then is not dated later than then."""
        clock = self
        if self.time_ms(monotonic_ms) > received_ms and monotonic_ms > self.told_ms:
            # A little further, or a crystal that runs fast would make a knot of every sample.
            room_ms = AGREE_MS if self.trust is Trust.HEARD else 0
            clock = self._continued(monotonic_ms, received_ms - room_ms, self.trust)
        return msgspec.structs.replace(clock, told_ms=max(self.told_ms, monotonic_ms))

    def hear(self, monotonic_ms: int, received_ms: int) -> BootClock:
        """Take a sample: what was said then arrived now, for all we know at once."""
        heard, rival = self._estimate(monotonic_ms, received_ms)
        here_ms = max(heard.monotonic_ms, self.told_ms)
        time_ms = min(here_ms + heard.offset_ms, received_ms)
        clock = self
        if self.trust is not Trust.HEARD or abs(time_ms - self._on_line(here_ms)) > AGREE_MS:
            clock = self._continued(here_ms, time_ms, Trust.HEARD)
        return msgspec.structs.replace(clock, heard=heard, rival=rival)

    def believe(self, monotonic_ms: int, wall_ms: int, trust: Trust) -> BootClock:
        """Take the boot's own word for a time, unless something better is known already."""
        if self.knots and (trust <= self.trust or monotonic_ms <= self.told_ms):
            return self
        return self._continued(monotonic_ms, wall_ms, trust)

    def _on_line(self, monotonic_ms: int) -> int:
        index = bisect_right(self.knots, monotonic_ms, key=lambda knot: knot[0])
        if index in (0, len(self.knots)):
            at_ms, time_ms = self.knots[min(index, len(self.knots) - 1)]
            return time_ms + monotonic_ms - at_ms
        (left, left_ms), (right, right_ms) = self.knots[index - 1 : index + 1]
        return left_ms + (monotonic_ms - left) * (right_ms - left_ms) // (right - left)

    def _continued(self, monotonic_ms: int, time_ms: int, trust: Trust) -> BootClock:
        """The line with one more knot; what was told stays, what claims too late a time goes."""
        fixed = self._fixed()
        rest = [
            knot
            for knot in self.knots
            if self.told_ms < knot[0] < monotonic_ms
            and trust == self.trust
            and time_ms - monotonic_ms + _drift_ms(monotonic_ms - knot[0]) >= knot[1] - knot[0]
        ]
        line = [*fixed, *rest]
        newest = (monotonic_ms, max(time_ms, line[-1][1]) if line else time_ms)
        knots = _thinned([*line, newest])
        return msgspec.structs.replace(self, knots=knots, trust=trust)

    def _fixed(self) -> list[Knot]:
        """The knots up to what was told, with one at its very end."""
        if self.told_ms < 0 or not self.knots:
            return []
        kept = [knot for knot in self.knots if knot[0] <= self.told_ms]
        if not kept or kept[-1][0] < self.told_ms:
            kept.append((self.told_ms, self._on_line(self.told_ms)))
        return kept

    def _estimate(self, monotonic_ms: int, received_ms: int) -> tuple[Heard, Rival | None]:
        """The lower envelope with one more sample; a late sample only makes or feeds a rival."""
        offset_ms, heard = received_ms - monotonic_ms, self.heard
        if heard is None:
            return Heard(monotonic_ms, offset_ms), None
        bound = heard.latest(max(heard.monotonic_ms, monotonic_ms))
        if offset_ms > bound.offset_ms + LATE_MS:
            return self._late(heard, monotonic_ms, received_ms)
        if monotonic_ms >= heard.monotonic_ms:
            return min(bound, Heard(monotonic_ms, offset_ms), key=attrgetter("offset_ms")), None
        since_ms = heard.monotonic_ms - monotonic_ms
        here_ms = min(heard.offset_ms, offset_ms + _drift_ms(since_ms))
        return msgspec.structs.replace(heard, offset_ms=here_ms), None

    def _late(
        self, heard: Heard, monotonic_ms: int, received_ms: int
    ) -> tuple[Heard, Rival | None]:
        rival = self.rival or Rival(received_ms - monotonic_ms, received_ms)
        least_ms = min(rival.offset_ms, received_ms - monotonic_ms)
        if received_ms - rival.since_ms < PERSISTENT_MS:
            return heard, Rival(least_ms, rival.since_ms)
        return Heard(max(monotonic_ms, heard.monotonic_ms), least_ms), None


def _drift_ms(span_ms: int) -> int:
    """By how much an offset may have changed within a span."""
    return span_ms * SLEW_PPM // _MILLISECOND_NS


def _thinned(knots: list[Knot]) -> tuple[Knot, ...]:
    """The knots without those that say nothing new, and not too many.

    What is left out of a very long line moves times that were told by less than ``AGREE_MS``.
    """
    lean = knots[:1]
    for knot, after in pairwise(knots[1:]):
        (left, left_ms), (right, right_ms) = lean[-1], after
        straight = (knot[1] - left_ms) == (knot[0] - left) and (right_ms - knot[1]) == (
            right - knot[0]
        )
        if not straight:
            lean.append(knot)
    lean += knots[1:][-1:]
    if len(lean) > MOST_KNOTS:
        half = len(lean) // 2
        lean = [lean[0], *lean[1:half:2], *lean[half:]]
    return tuple(lean)

"""How late it surely is: a clock that no wrong wall clock can move.

It begins at the floor that an earlier run left, or at the release of this program, and goes on by
the monotonic clock. Only those who know move it: the cloud, with every welcome, and a wall clock
that a time service keeps. On a box without either it stands behind by as long as the box was off.

Whatever is kept for a time is dated and thrown away by this clock: a box that wakes in 1970, or in
2038, expires nothing of its own. Nor does a cloud whose own clock is wrong for a minute: a word
that leaps ahead dates what happens from then on (``told``), and lets nothing end, no data and no
certificate, until somebody else says the same or the cloud says so again hours later.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from agent.clock.floor import Floor
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

RELEASED: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""No moment of ours can be older than the program."""

RENEWED: Final = RELEASED + timedelta(days=3650)
"""No box runs a program for ten years that nobody renews: a later wall clock was never set (dead
clock chips begin in 2000, 2080 or 2106)."""

_LEAP_MS: Final = 86_400_000
"""A day ahead of what surely passed is more than one voice can say."""

_AGAIN_AFTER_MS: Final = 6 * 3_600_000
"""A second word of the same voice counts so long after the first: clocks are mended by then."""

_NEWS_MS: Final = 60_000
"""Knowledge that moves the floor by less is not worth a write."""

_WRITE_EVERY_MS: Final = 3_600_000
_1970: Final = datetime(1970, 1, 1, tzinfo=UTC)


class SteadyClock:
    """The time that has surely passed, as a ``Clock``. Safe from any thread.

    It never goes back, except when one who knows says that it was wrong.
    """

    def __init__(
        self,
        clock: Clock,
        bootid: str,
        boot_ms: Callable[[], int],
        floor: Floor | None = None,
        write: Callable[[Floor], bool] | None = None,
    ) -> None:
        """Begin where an earlier run ended.

        Args:
            clock: the machine's.
            bootid: of this boot.
            boot_ms: monotonic milliseconds since this boot.
            floor: what is remembered. Without it there is nothing of ours that could expire, and
                the wall clock is believed.
            write: keeps a floor for the next run, and says whether that worked.
        """
        self._clock = clock
        self._bootid = bootid
        self._boot_ms = boot_ms
        self._write = write
        self._lock = threading.Lock()
        self._kept = floor
        self._remembers = floor is not None
        here_ms = boot_ms()
        start_ms = floor.now_ms(bootid, here_ms) if floor else _ms(_plausible(clock.now()))
        self._floor = Floor(max(start_ms, _ms(RELEASED)), bootid, here_ms)
        self._confirmed_ms: int | None = None
        self._word: Floor | None = None

    def now(self) -> datetime:
        """How late it surely is, aware UTC."""
        return self._reckoned(self._floor)

    def told(self) -> datetime:
        """How late it is by the last word of who knows, aware UTC; without any, as ``now``."""
        return self._reckoned(self._word or self._floor)

    def monotonic_s(self) -> float:
        """As the machine's."""
        return self._clock.monotonic_s()

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        """As the machine's."""
        return self._clock.wait(event, timeout_s)

    @property
    def confirmed_s(self) -> float | None:
        """For how long nobody has confirmed it, in seconds; None where nobody did in this run."""
        confirmed_ms = self._confirmed_ms
        return None if confirmed_ms is None else (self._boot_ms() - confirmed_ms) / 1000

    def hear(self, now: datetime) -> None:
        """The cloud says that it is ``now``.

        It is learned unless it leaps ahead and stands alone: then it is only ``told``. A time in
        which nobody runs this program any more is not heard at all.
        """
        if now > RENEWED:
            _LOG.warning("time_not_believed", told=now.isoformat(), because="years ahead of us")
            return
        with self._lock:
            word = Floor(_ms(now), self._bootid, self._boot_ms())
            believed = self._stands(word)
            if not believed:
                self._confirmed_ms = word.boot_ms
                self._word = self._word if self._said_before(word) else word
        if believed:
            self.learn(now)
        else:
            _LOG.warning("time_leaps_ahead", told=now.isoformat(), surely=self.now().isoformat())

    def learn(self, now: datetime) -> None:
        """One who knows says that it is ``now``: in force at once, and kept where it is news.

        The release of this program stands against anybody's word.
        """
        with self._lock:
            here_ms = self._boot_ms()
            self._floor = Floor(max(_ms(now), _ms(RELEASED)), self._bootid, here_ms)
            self._confirmed_ms = here_ms
            self._word = None
        self.keep()

    def keep(self) -> None:
        """Write the floor down unless what is kept says the same; once an hour in any case."""
        if self._write is None:
            return
        with self._lock:
            here_ms = self._boot_ms()
            floor = Floor(self._floor.now_ms(self._bootid, here_ms), self._bootid, here_ms)
            if self._says_the_same(floor):
                return
            if self._write(floor):
                self._kept = floor

    def close(self) -> None:
        """Write it down as it is now: the next boot begins after this moment."""
        self._kept = None
        self.keep()

    def _reckoned(self, floor: Floor) -> datetime:
        return _1970 + timedelta(milliseconds=floor.now_ms(self._bootid, self._boot_ms()))

    def _stands(self, word: Floor) -> bool:
        """Whether a word may let things end.

        It may on a box that remembers nothing, which has nothing to end; where it does not leap;
        where the wall clock says the same, or the cloud said so hours ago.
        """
        if not self._remembers:
            return True
        if word.floor_ms - self._floor.now_ms(self._bootid, word.boot_ms) <= _LEAP_MS:
            return True
        if abs(_ms(self._clock.now()) - word.floor_ms) <= _LEAP_MS:
            return True
        before = self._word
        return (
            before is not None
            and word.boot_ms - before.boot_ms >= _AGAIN_AFTER_MS
            and self._said_before(word)
        )

    def _said_before(self, word: Floor) -> bool:
        before = self._word
        if before is None:
            return False
        apart_ms = abs(before.now_ms(word.bootid, word.boot_ms) - word.floor_ms)
        return apart_ms <= _LEAP_MS

    def _says_the_same(self, floor: Floor) -> bool:
        kept = self._kept
        if kept is None or kept.bootid != floor.bootid:
            return False
        apart_ms = abs(kept.now_ms(floor.bootid, floor.boot_ms) - floor.floor_ms)
        return apart_ms < _NEWS_MS and floor.boot_ms - kept.boot_ms < _WRITE_EVERY_MS


def _plausible(wall: datetime) -> datetime:
    return wall if wall <= RENEWED else RELEASED


def _ms(moment: datetime) -> int:
    return (moment - _1970) // timedelta(milliseconds=1)

"""What a camera's watcher says becomes minutes: which axis they lie on, and what their gaps are.

A live camera's minutes lie on the clock of the wall, and as long as the agent runs, all of its time
is told: watched, or missed for a reason. A recorded clip's minutes lie in the time of the
recording. A clip that is played again (its watcher died, the agent was restarted) is counted from
its beginning, and only the minutes that were not told before are told; so the minute under way is
not told before it is complete. While nobody plays the clip, the absence is told by the wall.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol

from agent.capture.footfall.counting.facts import dated_s
from agent.capture.footfall.counting.floor_tuning import FLOOR
from agent.capture.footfall.messages import Opened, Seen
from agent.capture.footfall.minutes import MINUTE_MS, Minute, Minutes
from agent.capture.footfall.played import Played, PlayedMark
from agent.capture.footfall.tally import Doubt, News, Places, Step, Verdict
from models.runtime.clock import Clock
from models.wire.events.footfall import GapReason

_UNJUDGED_MS: Final = round(FLOOR.hindsight_s * 1000)
"""Who was staff, in a group or in a zone is judged so much later, and told with the next word: of
a watcher that is gone without a last one, nobody ever learns it of this time."""

_STEP_MS: Final = 1_000
"""A wall clock that differs by more was set; less is the time between reading two clocks."""


class Diary(Protocol):
    """The minutes of one camera. Used by one thread."""

    @property
    def over(self) -> bool:
        """Whether there is nothing left to watch, ever."""
        ...

    def opened(self, message: Opened, network: str) -> None:
        """A watcher has the camera open; ``network`` is what it looks with."""
        ...

    def seen(self, message: Seen) -> None:
        """It looked at pictures."""
        ...

    def last_word(self) -> None:
        """The watcher has told all that it knew, and goes."""
        ...

    def absent(self, reason: GapReason) -> None:
        """Nobody has watched since the last word, until now."""
        ...

    def ended(self, pictures: int) -> None:
        """A clip was watched to its end, and all of it told; of a folder these were so many."""
        ...

    def finished(self) -> list[Minute]:
        """Minutes that are complete and were not handed out."""
        ...

    def close(self) -> list[Minute]:
        """The same, and what is told of the minute under way. Nothing is told afterwards."""
        ...

    def stored(self) -> None:
        """All that was handed out is durable."""
        ...


class LiveDiary:
    """A camera that shows what is. All time from its making on is told."""

    def __init__(self, places: Places, clock: Clock, *, own_time: bool) -> None:
        """``own_time``: the watcher's times are a clip's, which plays as if it happened now."""
        self._wall = WallOffset(clock)
        self._minutes = Minutes(places, self._wall.axis_ms())
        self._own_time = own_time
        self._shift_ms = 0
        self._cause = GapReason.STARTING
        self._network = ""
        self._unjudged = False

    @property
    def over(self) -> bool:
        """Never: a camera may come back."""
        return False

    def opened(self, message: Opened, network: str) -> None:
        """Remember what looks, and where a clip's own time lies on the axis."""
        self._network = network
        self._shift_ms = self._wall.axis_ms() - _ms(message.at_s) if self._own_time else 0

    def seen(self, message: Seen) -> None:
        """Until its last sample somebody watched; a hole before the first has its cause."""
        shift_ms = self._shift_ms
        self._minutes.watched(
            min(_ms(message.last_s) + shift_ms, self._wall.axis_ms()),
            _ms(message.observed_s),
            self._wall.offset_ms(),
            samples=message.samples,
            news=_news(message, shift_ms),
            network=self._network,
            hole=self._cause,
        )
        self._unjudged = not message.closing
        if message.samples:
            self._cause = GapReason.SLOW

    def last_word(self) -> None:
        """Nothing that was seen is left to be judged."""
        self._unjudged = False

    def absent(self, reason: GapReason) -> None:
        """Tell the gap until now: from the last word, or where none came from what was judged."""
        if self._unjudged:
            self._minutes.unlearn(_UNJUDGED_MS, reason)
        self._unjudged = False
        self._cause = reason
        self._minutes.missed(self._wall.axis_ms(), reason, self._wall.offset_ms())

    def ended(self, pictures: int) -> None:  # noqa: ARG002 - the port's
        """What follows is absence like any other."""
        self.last_word()

    def finished(self) -> list[Minute]:
        """See ``Diary``."""
        return self._minutes.finished()

    def close(self) -> list[Minute]:
        """See ``Diary``."""
        return self._minutes.flush()

    def stored(self) -> None:
        """Nothing to remember: what is over is never shown again."""


class RecordedDiary:
    """A clip that was recorded at a known time."""

    def __init__(self, places: Places, begin_at: datetime, clock: Clock, mark: PlayedMark) -> None:
        self._places = places
        self._begin_ms = round(begin_at.timestamp() * 1000)
        self._wall = WallOffset(clock)
        self._absences = Minutes(Places({}), self._wall.axis_ms())
        self._clip = Minutes(places, 0)
        self._mark = mark
        self._network = ""

    @property
    def over(self) -> bool:
        """Whether every minute of the clip is told."""
        return self._mark.played().ended

    def opened(self, message: Opened, network: str) -> None:
        """The clip plays from its beginning; what was under way is counted anew."""
        self._network = network
        self._clip = Minutes(self._places, _ms(message.at_s))
        self._absences.skip(self._wall.axis_ms())

    def seen(self, message: Seen) -> None:
        """As recorded."""
        self._clip.watched(
            _ms(message.last_s),
            _ms(message.observed_s),
            self._begin_ms,
            samples=message.samples,
            news=_news(message, 0),
            network=self._network,
        )
        self._absences.skip(self._wall.axis_ms())

    def last_word(self) -> None:
        """Or none: a clip that did not come to its end is counted anew."""

    def absent(self, reason: GapReason) -> None:
        """Nobody plays the clip, and somebody should: not before it began, nor after it ended."""
        now_ms = self._wall.axis_ms()
        if reason is not GapReason.STARTING and not self.over:
            self._absences.missed(now_ms, reason, self._wall.offset_ms())
        self._absences.skip(now_ms)

    def ended(self, pictures: int) -> None:
        """The last minute is complete too."""
        self._mark.end(pictures)

    def finished(self) -> list[Minute]:
        """See ``Diary``."""
        whole = self._clip.flush() if self.over else self._clip.finished()
        return [*filter(self._first_time, whole), *self._absences.finished()]

    def close(self) -> list[Minute]:
        """The clip's minute under way is left for the next time."""
        return [*self.finished(), *self._absences.flush()]

    def stored(self) -> None:
        """Remember how far the clip is told; raises DiskUnusable."""
        self._mark.write()

    def _first_time(self, minute: Minute) -> bool:
        if minute.is_afterthought:
            return True  # a clip played again says the same again, under the same id
        begin_ms, played = round(minute.begin_at.timestamp() * 1000), self._mark.played()
        if begin_ms < played.through_ms:
            return False
        self._mark.keep(Played(begin_ms + MINUTE_MS, ended=played.ended))
        return True


class WallOffset:
    """How far Unix time is ahead of the monotonic clock, followed in steps only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_ms = self._measure()

    def axis_ms(self) -> int:
        """Now, on the axis."""
        return _ms(self._clock.monotonic_s())

    def offset_ms(self) -> int:
        """The offset in force; a new one once the clock was set."""
        measured = self._measure()
        if abs(measured - self._offset_ms) >= _STEP_MS:
            self._offset_ms = measured
        return self._offset_ms

    def _measure(self) -> int:
        return _ms(self._clock.now().timestamp()) - self.axis_ms()


def _news(message: Seen, shift_ms: int) -> News:
    def axis_ms(at_s: float) -> int:
        return _ms(at_s) + shift_ms

    def step(line: str, direction: str, at_s: float) -> Step:
        return Step(line, direction == "in", axis_ms(at_s))

    return News(
        steps=[step(each.line, each.direction, each.at_s) for each in message.crossings],
        verdicts=[
            Verdict(step(each.line, each.direction, each.at_s), each.staff, each.again, each.leads)
            for each in message.settled
        ],
        facts=[(axis_ms(dated_s(fact)), fact) for fact in message.facts],
        doubts=[
            Doubt(each.kind, axis_ms(each.begin_s), axis_ms(each.end_s)) for each in message.marks
        ],
    )


def _ms(seconds: float) -> int:
    return round(seconds * 1000)

"""A camera's time, cut into minutes of the wall clock. Pure: no clock, no thread, no file.

Time is told in order, as spans on an axis of whole milliseconds that never jumps: the monotonic
clock for a live camera, the container's time for a recorded clip. Every millisecond between the
start and ``told_ms`` is in exactly one part of one minute, observed or explained by a gap.

What the wall clock said at a moment is an offset between the axis and Unix time. When the clock is
set, the next spans come with another offset and get other labels; nothing is lost or doubled. A
minute that the clock goes through twice comes in two parts, each of sixty seconds at most.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from agent.capture.footfall.tally import Doubt, News, Places, Tally
from models.wire.events.footfall import Gap, GapReason, LineTally, Mark, ZoneTally

MINUTE_MS: Final = 60_000
_GRACE_MS: Final = 4_000
"""How long a minute stays open behind the last word told: a crossing is proved by later samples,
and is dated before them. Who was staff, who came in a group and who was in a zone is judged 2.5 s
later, by a sample, and told up to half a second after that."""

_RECALL_MS: Final = 120_000
"""For so long a minute that was handed out can still be doubted: a camera that was moved to where
nothing looks as it did is believed to be so after more than a minute."""

_NO_NEWS: Final = News()

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Minute:
    """One part of one minute: what was counted, and how well was watched.

    Attributes:
        begin_at: aware UTC, on a full minute.
        observed_ms: how much of it was watched; together with the gaps at most a minute.
        lines: every line where anything was watched, else none: absent is never zero.
        network: what looked; empty where nothing did.
        zones: likewise, every dwell and queue zone.
        heat: pairs of a cell and milliseconds.
        offset_ms: Unix time less axis by which it was labelled: the clock may have been set since.
    """

    begin_at: datetime
    observed_ms: int
    samples: int
    lines: tuple[LineTally, ...]
    gaps: tuple[Gap, ...]
    network: str = ""
    zones: tuple[ZoneTally, ...] = ()
    heat: tuple[tuple[int, int], ...] = ()
    marks: tuple[Mark, ...] = ()
    offset_ms: int | None = None

    @property
    def is_afterthought(self) -> bool:
        """Whether it only says of another part of the minute what was known too late for it."""
        return bool(self.marks) and not (self.observed_ms or self.gaps or self.lines)


@dataclass(slots=True)
class _Part:
    """A minute's part that is not finished. ``number`` counts minutes since 1970."""

    number: int
    begin_ms: int
    end_ms: int
    offset_ms: int
    observed_ms: int = 0
    samples: int = 0
    network: str = ""
    gaps: dict[GapReason, int] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)

    def share_of(self, doubt: Doubt) -> int:
        """For how many milliseconds of it the doubt is; none where it is not above 0."""
        return min(doubt.end_ms, self.end_ms) - max(doubt.begin_ms, self.begin_ms)

    def miss(self, ms: int, reason: GapReason) -> None:
        """So much of what was observed turns out to be missed."""
        self.observed_ms -= ms
        self.gaps[reason] = self.gaps.get(reason, 0) + ms
        if not self.observed_ms:
            self.network = ""


class Minutes:
    """The minutes of one camera, from ``start_ms`` on the axis."""

    def __init__(self, places: Places, start_ms: int) -> None:
        self._places = places
        self._told_ms = start_ms
        self._parts: list[_Part] = []
        self._over: deque[_Part] = deque()
        """What was handed out lately; read only."""
        self._late: dict[int, _Part] = {}
        """Doubts about that, by the part's beginning, as parts of their own."""
        self._lately: deque[tuple[_Part, int, int]] = deque()
        """Pieces of the last seconds that were observed: of which part, from when to when."""

    @property
    def told_ms(self) -> int:
        """Up to here everything is told."""
        return self._told_ms

    def missed(self, until_ms: int, reason: GapReason, offset_ms: int) -> None:
        """Nobody watched from ``told_ms`` until then. What lies before ``told_ms`` is ignored."""
        for part, span_ms in self._walk(until_ms, offset_ms, ""):
            part.gaps[reason] = part.gaps.get(reason, 0) + span_ms

    def watched(
        self,
        until_ms: int,
        observed_ms: int,
        offset_ms: int,
        *,
        samples: int,
        news: News = _NO_NEWS,
        network: str = "",
        hole: GapReason = GapReason.SLOW,
    ) -> None:
        """Somebody watched until then, closely for the last ``observed_ms``.

        Args:
            until_ms: the axis' time of the last sample; before ``told_ms`` it adds no time.
            observed_ms: at most the whole span counts.
            offset_ms: Unix time less axis.
            samples: pictures looked at in the span.
            news: what else is known; also of before the span, as long as its minute is open. What
                is told later counts in the oldest minute that is; a verdict on a step whose minute
                is told is too late. A doubt about a minute that was handed out lately becomes a
                part of it that has nothing but the mark; an older one is cut.
            network: what looked.
            hole: what explains the rest of the span.
        """
        self.missed(until_ms - max(observed_ms, 0), hole, offset_ms)
        for part, span_ms in self._walk(until_ms, offset_ms, network):
            part.observed_ms += span_ms
            self._lately.append((part, self._told_ms - span_ms, self._told_ms))
        while self._lately and self._lately[0][2] + _GRACE_MS <= self._told_ms:
            self._lately.popleft()
        if not self._parts and (samples or news.steps or news.facts):
            self._open(self._told_ms, offset_ms, network)
        if self._parts:
            self._parts[-1].samples += samples
        self._take(news)

    def unlearn(self, last_ms: int, reason: GapReason) -> None:
        """What was observed in the last so many milliseconds was never judged: it is a gap.

        Who crossed in it is not counted, as nobody is who crosses in a gap. Facts and verdicts come
        with the judging, so there are none of that time.

        Args:
            last_ms: less than the grace.
            reason: why nobody will judge it any more.
        """
        from_ms = self._told_ms - last_ms
        for part, begin_ms, end_ms in self._lately:
            if (lost_ms := end_ms - max(begin_ms, from_ms)) > 0:
                part.miss(lost_ms, reason)
        for part in self._parts:
            part.tally.forget_steps(from_ms)
        self._lately.clear()

    def skip(self, until_ms: int) -> None:
        """Leave time untold, which says that nobody accounted for it."""
        self._told_ms = max(self._told_ms, until_ms)

    def finished(self) -> list[Minute]:
        """The minutes that are over and past the grace, in the order in which they were told.

        Parts of earlier ones that tell late doubts come first.
        """
        done = self._doubted()
        while len(self._parts) > 1 and self._parts[0].end_ms + _GRACE_MS <= self._told_ms:
            part = self._parts.pop(0)
            self._over.append(part)
            done.append(self._minute(part))
        while self._over and self._over[0].end_ms + _RECALL_MS <= self._told_ms:
            self._over.popleft()
        return done

    def flush(self) -> list[Minute]:
        """All that is told and was not handed out, the last part of a minute included."""
        done = self._doubted() + [self._minute(part) for part in self._parts]
        self._parts.clear()
        return done

    def _doubted(self) -> list[Minute]:
        done = [self._minute(part) for part in self._late.values()]
        self._late.clear()
        return done

    def _take(self, news: News) -> None:
        for step in news.steps:
            self._part_at(step.at_ms).tally.steps.append(step)
        for at_ms, fact in news.facts:
            self._part_at(at_ms).tally.take(fact)
        for verdict in news.verdicts:
            any(part.tally.judge(verdict) for part in reversed(self._parts))
        for doubt in news.doubts:
            self._doubt(doubt)

    def _doubt(self, doubt: Doubt) -> None:
        for part in self._over:
            if (ms := part.share_of(doubt)) > 0:
                late = _Part(part.number, part.begin_ms, part.end_ms, part.offset_ms)
                self._late.setdefault(part.begin_ms, late).tally.doubt(doubt.kind, ms)
        for part in self._parts:
            if (ms := part.share_of(doubt)) > 0:
                part.tally.doubt(doubt.kind, ms)

    def _walk(self, until_ms: int, offset_ms: int, network: str) -> Iterator[tuple[_Part, int]]:
        """Move ``told_ms`` on, piece by piece: each lies within one minute, and in one part."""
        while self._told_ms < until_ms:
            begin_ms = self._told_ms
            number = (begin_ms + offset_ms) // MINUTE_MS
            end_ms = min(until_ms, (number + 1) * MINUTE_MS - offset_ms)
            part = self._part_for(number, end_ms, network) or self._open(
                begin_ms, offset_ms, network
            )
            part.end_ms = self._told_ms = end_ms
            part.network = part.network or network
            yield part, end_ms - begin_ms

    def _part_for(self, number: int, end_ms: int, network: str) -> _Part | None:
        """The newest part, where a piece until then still belongs to it."""
        part = self._parts[-1] if self._parts else None
        if part is None or part.number != number or part.end_ms != self._told_ms:
            return None
        if end_ms - part.begin_ms > MINUTE_MS:
            return None  # the clock was set back within the minute
        return None if network and part.network and network != part.network else part

    def _open(self, begin_ms: int, offset_ms: int, network: str) -> _Part:
        number = (begin_ms + offset_ms) // MINUTE_MS
        part = _Part(number, begin_ms, begin_ms, offset_ms, network=network)
        self._parts.append(part)
        return part

    def _part_at(self, at_ms: int) -> _Part:
        """Where what happened then counts: a part that was watched, or its lines are lost."""
        watched = [part for part in self._parts if part.observed_ms] or self._parts
        earlier = [part for part in watched if part.begin_ms <= at_ms]
        return earlier[-1] if earlier else watched[0]

    def _minute(self, part: _Part) -> Minute:
        begin_at = _EPOCH + timedelta(minutes=part.number)
        told, tally = part.observed_ms or part.tally.steps, part.tally
        return Minute(
            begin_at=begin_at,
            observed_ms=part.observed_ms,
            samples=part.samples,
            lines=tally.lines(self._places, begin_at) if told else (),
            gaps=tuple(Gap(reason=reason, ms=ms) for reason, ms in sorted(part.gaps.items())),
            network=part.network,
            zones=tally.zones(self._places) if told or tally.knows_zones else (),
            heat=tally.heat,
            marks=tally.marks,
            offset_ms=part.offset_ms,
        )

"""Watchers that follow a script, on a clock set by hand, and an outbox that keeps their minutes.

A script is a list of lives. A life is what a launch raises, or a list of what one watcher does, in
order: a message that it says, seconds of silence, an error that ends it, something that the world
does meanwhile (a function), or ``LEAVES`` (the keeper is asked to stop). What is written after it
are the last words of a watcher that is asked to leave; one for which there are none says that it
has left. Else a life that runs out of script is silent for ever.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry

from agent.capture.footfall.audit.standing import LastAudit
from agent.capture.footfall.diary import Diary
from agent.capture.footfall.keeper import CameraKeeper, Parts
from agent.capture.footfall.messages import Crossed, Ended, Failed, Left, Opened, Seen, Told
from agent.capture.footfall.metrics import FootfallMetrics
from agent.capture.footfall.overheard import Overheard
from agent.capture.footfall.placement import Placement
from agent.capture.footfall.recorder import Recorder
from agent.clock import DeviceClock
from agent.config import CameraSettings, LineSettings
from agent.facts import FactMaker
from agent.outbox import Draft, Stored
from models.runtime.backoff import Backoff
from models.wire.events.footfall import FootfallCounted
from models.wire.events.footfall_audit import FootfallAudited
from models.wire.registry import FOOTFALL_AUDITED
from models.wire.topics import Stream
from tests.simulators.clocks import HandClock
from tests.simulators.facts import SHOP

NETWORK: Final = "toy@00000000"
LEAVES: Final = "leaves"
DOOR: Final = LineSettings("door", (0.5, 0.0), (0.5, 1.0))

Deed = Told | float | Exception | str | Callable[[], object]
Life = Exception | Sequence[Deed]


class ScriptedWatcher:
    """One life. Time passes on the clock while it is silent."""

    network = NETWORK

    def __init__(self, clock: HandClock, deeds: Sequence[Deed], leave: Callable[[], None]) -> None:
        self.ended = 0
        self._clock = clock
        self._deeds = list(deeds)
        self._leave = leave

    def receive(self, timeout_s: float) -> Told | None:
        """The next deed, as far as the time reaches."""
        if not self._deeds:
            self._clock.move(timeout_s)
            return None
        match deed := self._deeds.pop(0):
            case int() | float():
                self._be_silent(float(deed), timeout_s)
                return None
            case Exception():
                raise deed
            case str():
                self._leave()
                return None
            case Opened() | Seen() | Ended() | Left() | Failed():
                return deed
            case _:
                deed()
                return None

    def _be_silent(self, wanted_s: float, timeout_s: float) -> None:
        self._clock.move(min(wanted_s, timeout_s))
        if wanted_s > timeout_s:
            self._deeds.insert(0, wanted_s - timeout_s)

    def ask_to_leave(self) -> None:
        """It says what is written, or that it has left."""
        self._deeds = self._deeds or [Left()]

    def end(self) -> None:
        """Noted."""
        self.ended += 1


class ClosingTime(HandClock):
    """A clock that asks the keeper to stop when it has gone on for so many seconds."""

    def __init__(self, after_s: float) -> None:
        super().__init__()
        self.close: Callable[[], None] = lambda: None
        self._close_s = self.monotonic_s() + after_s

    def move(self, seconds: float) -> None:
        """Let time pass."""
        super().move(seconds)
        if self.monotonic_s() >= self._close_s:
            self.close()


class Script:
    """Launches what is written, in order; after the last life the keeper is asked to stop."""

    def __init__(self, clock: HandClock, lives: Sequence[Life]) -> None:
        self.launched: list[ScriptedWatcher] = []
        self.launches_s: list[float] = []
        self.leave: Callable[[], None] = lambda: None
        self._clock = clock
        self._lives = list(lives)

    def __call__(self) -> ScriptedWatcher:
        self.launches_s.append(self._clock.monotonic_s())
        life = self._lives.pop(0) if self._lives else [LEAVES]
        if isinstance(life, Exception):
            raise life
        watcher = ScriptedWatcher(self._clock, life, self.leave)
        self.launched.append(watcher)
        return watcher


class MinuteOutbox:
    """The side of an outbox that takes events; it knows them by id, and can refuse.

    Attributes:
        minutes: what was stored, in order, once per id.
        dated: when each of them says that it was told.
        audits: likewise.
        refuse_with: raised instead of storing.
    """

    def __init__(self) -> None:
        self.minutes: list[FootfallCounted] = []
        self.dated: list[datetime] = []
        self.audits: list[FootfallAudited] = []
        self.refuse_with: Exception | None = None
        self.appends = 0
        self._known: set[str] = set()

    def append(self, stream: Stream, drafts: Sequence[Draft]) -> list[Stored]:
        """Store footfall."""
        assert stream is Stream.FOOTFALL
        if self.refuse_with is not None:
            raise self.refuse_with
        self.appends += 1
        return [self._store(draft) for draft in drafts]

    def _store(self, draft: Draft) -> Stored:
        if draft.event_id in self._known:
            return Stored(draft.event_id, None, known=True)
        self._known.add(draft.event_id)
        body = msgspec.json.decode(draft.body, type=_Body)
        if body.type == FOOTFALL_AUDITED.name:
            self.audits.append(msgspec.json.decode(body.data, type=FootfallAudited))
        else:
            self.minutes.append(msgspec.json.decode(body.data, type=FootfallCounted))
            self.dated.append(body.time)
        return Stored(draft.event_id, len(self._known))

    @property
    def crossings(self) -> tuple[int, int]:
        """All that was counted: in and out."""
        tallies = [tally for minute in self.minutes for tally in minute.lines]
        return sum(t.ingress for t in tallies), sum(t.egress for t in tallies)

    def gaps_ms(self) -> dict[str, int]:
        """All that was missed, by reason."""
        found: dict[str, int] = {}
        for gap in (gap for minute in self.minutes for gap in minute.gaps):
            found[gap.reason] = found.get(gap.reason, 0) + gap.ms
        return found

    @property
    def observed_ms(self) -> int:
        """All that was watched."""
        return sum(minute.observed_ms for minute in self.minutes)


class _Body(msgspec.Struct):
    type: str
    time: datetime
    data: msgspec.Raw


def a_camera(source: str = "/dev/video0", **settings: object) -> CameraSettings:
    """A camera with one line, ``door``."""
    return CameraSettings(name="cam", source=source, line=(DOOR,), **settings)  # type: ignore[arg-type]  # any setting may be given


def fact_maker(clock: HandClock) -> FactMaker:
    """Events of the simulated shop."""
    return FactMaker(SHOP, DeviceClock(clock, "boot-1"), os.urandom)


@dataclass(slots=True)
class Premises:
    """A keeper with everything around it, all of it by hand."""

    keeper: CameraKeeper
    script: Script
    outbox: MinuteOutbox
    clock: HandClock
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def sample(self, name: str, **labels: str) -> float | None:
        """A metric's value."""
        return self.registry.get_sample_value(name, labels)


def premises(
    diary: Callable[[HandClock], Diary],
    *lives: Life,
    camera: CameraSettings | None = None,
    outbox: MinuteOutbox | None = None,
    clock: HandClock | None = None,
    placement: Path | None = None,
    audits: Path | None = None,
) -> Premises:
    """A keeper whose watchers follow a script; ``keeper.run()`` returns when the script is over."""
    clock = clock or HandClock()
    outbox = outbox or MinuteOutbox()
    registry = CollectorRegistry()
    metrics = FootfallMetrics(registry)
    script = Script(clock, lives)
    settings = camera or a_camera()
    kept = Path(tempfile.mkdtemp(prefix="placement-")) / "cam.json"
    parts = Parts(
        launch=script,
        placement=Placement(placement or kept, settings),
        diary=diary(clock),
        recorder=Recorder(outbox, fact_maker(clock), metrics),
        metrics=metrics,
        clock=clock,
        backoff=Backoff(lambda: 1.0, 1.0, 60.0),
        audit=LastAudit(audits or kept.parent / "audits", settings),
        overheard=Overheard(),
        changed=lambda: None,
    )
    keeper = CameraKeeper(settings, parts)
    script.leave = keeper.ask_to_stop
    if isinstance(clock, ClosingTime):
        clock.close = keeper.ask_to_stop
    return Premises(keeper, script, outbox, clock, registry)


def opened(at_s: float = 0.0) -> Opened:
    """A camera of a usual size."""
    return Opened(width=768, height=576, fps=10.0, at_s=at_s, rule="segment-band-1")


def seen(first_s: float, last_s: float, *ways: str, observed_s: float | None = None) -> Seen:
    """Half a second or so, well watched; everybody crosses at its end."""
    return Seen(
        first_s=first_s,
        last_s=last_s,
        samples=max(1, round((last_s - first_s) * 5)),
        observed_s=last_s - first_s if observed_s is None else observed_s,
        crossings=[Crossed("door", way, last_s) for way in ways],
    )


def watching(first_s: float, last_s: float, step_s: float = 0.5) -> list[Deed]:
    """A watcher that watches well, telling every ``step_s``, from one moment to another."""
    deeds: list[Deed] = []
    steps = round((last_s - first_s) / step_s)
    for step in range(steps):
        begin_s = first_s + step * step_s
        deeds += [step_s, seen(begin_s, begin_s + step_s)]
    return deeds

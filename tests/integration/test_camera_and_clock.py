"""A real watcher over midnight, and while somebody sets the clock: every second is told once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from agent.capture.footfall.audit.standing import LastAudit
from agent.capture.footfall.diary import Diary, LiveDiary, RecordedDiary
from agent.capture.footfall.keeper import CameraKeeper, Parts
from agent.capture.footfall.messages import Job, WatchedLine
from agent.capture.footfall.metrics import FootfallMetrics
from agent.capture.footfall.overheard import Overheard
from agent.capture.footfall.placement import Placement
from agent.capture.footfall.played import PlayedMark
from agent.capture.footfall.process import WatcherProcess
from agent.capture.footfall.recorder import Recorder
from agent.capture.footfall.tally import Places
from models.runtime.backoff import Backoff
from models.runtime.clock import SystemClock
from tests.simulators.clocks import HandClock
from tests.simulators.processes import eventually
from tests.simulators.red_coat_network import red_coats
from tests.simulators.scripted_watcher import MinuteOutbox, a_camera, fact_maker
from tests.simulators.walkers import Coat, Film, Walk

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
FILM = Film(
    [
        Walk(Coat.RED, 0.5, 4.0, ((360, 200), (-40, 200))),
        Walk(Coat.GREEN, 3.5, 4.0, ((-40, 180), (360, 180))),
    ],
    seconds=8.0,
)


class SetClock(SystemClock):
    """The wall shows what somebody has set; monotonic time goes on as it does."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


class Kept:
    """One camera on a film, kept by a real keeper with a real watcher.

    Attributes:
        lived_ms: how long it was at work at least, until the film's end was seen.
    """

    lived_ms = 0.0

    def __init__(self, folder: Path, clock: SystemClock, diary: Diary, speed: float) -> None:
        network = red_coats(folder)
        film = FILM.record(folder / "film.avi")
        job = Job(
            source=str(film),
            lines=[WatchedLine("door", 0.5, 0.0, 0.5, 1.0)],
            network=network.network,
            network_file=str(network.file),
            sample_fps=0.0,
            speed=speed,
        )
        self._clock = clock
        self.outbox = MinuteOutbox()
        metrics = FootfallMetrics(CollectorRegistry())
        camera = a_camera(str(film))
        parts = Parts(
            launch=lambda: WatcherProcess(job, "red-coats@00000000"),
            diary=diary,
            placement=Placement(folder / "placement.json", camera),
            recorder=Recorder(self.outbox, fact_maker(HandClock()), metrics),
            metrics=metrics,
            clock=clock,
            backoff=Backoff(lambda: 1.0, 1.0, 60.0),
            audit=LastAudit(folder / "audits", camera),
            overheard=Overheard(),
            changed=self._changed,
        )
        self.keeper = CameraKeeper(camera, parts)
        self._since_s: dict[str, float] = {}

    @property
    def hurried_ms(self) -> float:
        """How much quicker than it was recorded the film came, as whoever has lagged behind plays.

        On a machine that is busy its first word may come late, and the others are not.
        """
        came_ms = (self._since_s["ended"] - self._since_s["watching"]) * 1000
        return max(0.0, 7_900 - came_ms)

    def _changed(self) -> None:
        self._since_s.setdefault(self.keeper.state.state, self._clock.monotonic_s())

    def play(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.keeper.start()
        began_s = self._clock.monotonic_s()
        try:
            assert eventually(lambda: self.keeper.state.state == "watching", 30)
            meanwhile()
            assert eventually(lambda: self.keeper.state.state == "ended", 40)
            self.lived_ms = (self._clock.monotonic_s() - began_s) * 1000
        finally:
            self.keeper.ask_to_stop()
            self.keeper.join(30)


def test_a_recording_that_passes_midnight_is_counted_on_both_days(tmp_path: Path) -> None:
    begin_at, clock = MIDNIGHT - timedelta(seconds=4), SystemClock()
    mark = PlayedMark(tmp_path / "mark.json", str(tmp_path / "film.avi"), begin_at)
    diary = RecordedDiary(Places.of_entrances("door"), begin_at, clock, mark)
    kept = Kept(tmp_path, clock, diary, speed=0.0)
    kept.play()
    before, after = kept.outbox.minutes
    assert (before.begin_at, after.begin_at) == (MIDNIGHT - timedelta(minutes=1), MIDNIGHT)
    assert [(each.lines[0].ingress, each.lines[0].egress) for each in (before, after)] == [
        (1, 0),
        (0, 1),
    ]
    assert before.observed_ms + after.observed_ms == pytest.approx(7_900, abs=50)


@pytest.mark.parametrize("jump", [timedelta(hours=3), timedelta(hours=-3), timedelta(seconds=-30)])
def test_a_clock_that_is_set_moves_labels_and_no_count(tmp_path: Path, jump: timedelta) -> None:
    clock = SetClock()
    diary = LiveDiary(Places.of_entrances("door"), clock, own_time=True)
    kept = Kept(tmp_path, clock, diary, speed=1.0)

    def set_the_clock() -> None:
        threading.Event().wait(2.0)
        clock.ahead = jump

    began_s = clock.monotonic_s()
    kept.play(set_the_clock)
    longest_ms = (clock.monotonic_s() - began_s) * 1000
    assert kept.outbox.crossings == (1, 1)
    watched_ms = kept.outbox.observed_ms + kept.outbox.gaps_ms().get("slow", 0)
    assert watched_ms == pytest.approx(7_900, abs=600)
    accounted_ms = kept.outbox.observed_ms + sum(kept.outbox.gaps_ms().values())
    assert kept.lived_ms - 1_500 <= accounted_ms <= longest_ms + kept.hurried_ms + 1_500
    assert {minute.begin_at.second for minute in kept.outbox.minutes} == {0}
    assert all(minute.observed_ms <= 60_000 for minute in kept.outbox.minutes)

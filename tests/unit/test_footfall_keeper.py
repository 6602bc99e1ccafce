"""A camera's keeper: what it does when all is well, and what it tells when nothing is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agent.capture.footfall.counting.facts import Presence
from agent.capture.footfall.diary import LiveDiary, RecordedDiary
from agent.capture.footfall.messages import (
    Ended,
    Failed,
    FailureKind,
    Left,
    Seen,
    SettledCrossing,
)
from agent.capture.footfall.played import PlayedMark
from agent.capture.footfall.tally import Places
from agent.errors import CameraLost, DiskUnusable, NetworkMissing
from cloud.footfall.dating import SAME_CLOCK_WITHIN
from models.wire.events.device import CameraState
from models.wire.events.footfall import LineKind, ZoneKind
from tests.simulators.clocks import HandClock
from tests.simulators.scripted_watcher import (
    LEAVES,
    NETWORK,
    ClosingTime,
    Deed,
    Life,
    MinuteOutbox,
    Premises,
    a_camera,
    opened,
    premises,
    seen,
    watching,
)

START_S = 1000.0  # where the hand clock's monotonic time begins; the wall shows noon in Shanghai
BEGIN_AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def live(
    *lives: Life, outbox: MinuteOutbox | None = None, wrong: timedelta = timedelta()
) -> Premises:
    clock = HandClock()
    clock.set_wall(wrong)
    return premises(
        lambda clock: LiveDiary(Places.of_entrances("door"), clock, own_time=False),
        *lives,
        outbox=outbox,
        clock=clock,
    )


def clip(folder: Path, *lives: Life, outbox: MinuteOutbox | None = None) -> Premises:
    file = folder / "clip.avi"
    file.touch()
    return premises(
        lambda clock: RecordedDiary(
            Places.of_entrances("door"),
            BEGIN_AT,
            clock,
            PlayedMark(folder / "cam.json", str(file), BEGIN_AT),
        ),
        *lives,
        camera=a_camera(str(file), begin_at=BEGIN_AT, speed=0.0),
        outbox=outbox,
        clock=ClosingTime(1200.0),
    )


def play(one: Premises) -> Premises:
    one.keeper.run()
    return one


def lived_ms(one: Premises) -> int:
    return round((one.clock.monotonic_s() - START_S) * 1000)


def accounted_ms(one: Premises) -> int:
    return one.outbox.observed_ms + sum(one.outbox.gaps_ms().values())


def test_a_watched_camera_tells_full_minutes_of_the_wall_clock() -> None:
    one = play(live([opened(START_S), *watching(START_S, START_S + 150), LEAVES]))
    minutes = one.outbox.minutes
    noon = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    assert [minute.begin_at for minute in minutes] == [
        noon + timedelta(minutes=n) for n in range(3)
    ]
    assert [minute.observed_ms for minute in minutes] == [60_000, 60_000, 30_000]
    assert {minute.network for minute in minutes} == {NETWORK}
    assert {minute.rule for minute in minutes} == {"segment-band-1"}
    assert one.keeper.state.state == "ended"
    assert one.script.launched[0].ended == 1


def test_crossings_reach_the_outbox_and_the_metrics() -> None:
    one = play(
        live(
            [
                opened(START_S),
                0.5,
                seen(START_S, START_S + 0.5, "in"),
                0.5,
                seen(START_S + 0.5, START_S + 1, "in", "out"),
                LEAVES,
            ]
        )
    )
    assert one.outbox.crossings == (2, 1)
    assert one.sample("lianke_footfall_crossings_total", camera="cam", direction="in") == 2
    assert one.sample("lianke_footfall_samples_total", camera="cam") == 4
    assert one.sample("lianke_footfall_observed_seconds_total", camera="cam") == 1.0


def test_starting_is_a_gap_and_not_a_zero() -> None:
    one = play(live([30.0, opened(START_S + 30), *watching(START_S + 30, START_S + 60), LEAVES]))
    [minute] = one.outbox.minutes
    assert minute.observed_ms == 30_000
    assert one.outbox.gaps_ms() == {"starting": 30_000}


def test_a_watcher_that_dies_is_started_again_later_and_later_and_its_absence_is_told() -> None:
    died = CameraLost("the camera's watcher ended by signal 9; it is started again")
    one = play(
        live(
            [opened(START_S), *watching(START_S, START_S + 10), died],
            [died],
            [died],
            [opened(START_S + 17), *watching(START_S + 17, START_S + 20), LEAVES],
        )
    )
    assert one.script.launches_s == [START_S, START_S + 11, START_S + 13, START_S + 17]
    unjudged_ms = 2_500
    assert one.outbox.observed_ms == 13_000 - unjudged_ms
    assert one.outbox.gaps_ms() == {"lost": 7_000 + unjudged_ms}
    assert accounted_ms(one) == lived_ms(one)
    assert one.sample("lianke_camera_starts_total", camera="cam") == 4


def test_who_crossed_right_before_a_watcher_died_lies_in_a_gap_and_is_not_counted() -> None:
    died = CameraLost("the camera's watcher ended by signal 9; it is started again")
    early: list[Deed] = [0.5, seen(START_S + 4.5, START_S + 5, "in")]
    late: list[Deed] = [0.5, seen(START_S + 8.5, START_S + 9, "in")]
    before, between = watching(START_S, START_S + 4.5), watching(START_S + 5, START_S + 8.5)
    life: Life = [opened(START_S), *before, *early, *between, *late, died]
    one = play(live(life, [LEAVES]))
    assert one.outbox.crossings == (1, 0)
    assert one.outbox.observed_ms == 6_500
    assert accounted_ms(one) == lived_ms(one)


def test_a_watcher_that_says_why_it_goes_has_told_all_before() -> None:
    gone = Failed(kind=FailureKind.LOST, message="the camera does not answer")
    last: list[Deed] = [0.5, seen(START_S + 4, START_S + 4.5, "in"), gone]
    one = play(live([opened(START_S), *watching(START_S, START_S + 4), *last], [LEAVES]))
    assert one.outbox.crossings == (1, 0)
    assert one.outbox.observed_ms == 4_500


def judged(first_s: float, last_s: float) -> Seen:
    """What a watcher knows at its end: who crossed at 9 s led a group, and was in the queue."""
    return Seen(
        first_s=first_s,
        last_s=last_s,
        samples=1,
        observed_s=last_s - first_s,
        settled=[SettledCrossing("door", "in", START_S + 9, staff=False, again=False, leads=True)],
        facts=[Presence("till", last_s, 2.0, 0.0, 1)],
        closing=True,
    )


def stopped(*last_words: Deed) -> Premises:
    """Watched for 9 s, somebody crossed, and a tenth later the keeper is asked to stop."""
    places = Places({"door": LineKind.ENTRANCE}, {"till": ZoneKind.QUEUE})
    life: Life = [
        opened(START_S),
        *watching(START_S, START_S + 8.5),
        *(0.5, seen(START_S + 8.5, START_S + 9, "in"), 0.1),
        *(LEAVES, *last_words),
    ]
    return play(premises(lambda clock: LiveDiary(places, clock, own_time=False), life))


def test_a_keeper_that_stops_hears_its_watcher_out_and_tells_a_minute_judged_to_its_end() -> None:
    one = stopped(judged(START_S + 9, START_S + 9.1), Left())
    [minute] = one.outbox.minutes
    [door], [till] = minute.lines, minute.zones
    assert (door.ingress, door.groups_in, till.person_ms) == (1, 1, 2_000)
    assert minute.observed_ms == 9_100
    assert one.outbox.gaps_ms() == {}
    assert one.script.launched[0].ended == 1


@pytest.mark.parametrize(
    "last_words",
    [
        [CameraLost("ended by signal 9")],
        [seen(START_S + 9, START_S + 9.1), CameraLost("ended by signal 9")],
        [60.0],
    ],
    ids=["dies", "dies before it has judged", "hangs"],
)
def test_what_a_watcher_does_not_come_to_judge_when_the_keeper_stops_is_a_gap(
    last_words: list[Deed],
) -> None:
    with capture_logs() as lines:
        one = stopped(*last_words)
    assert one.outbox.crossings == (0, 0)
    assert one.outbox.observed_ms + one.outbox.gaps_ms()["ended"] == lived_ms(one)
    assert 6_500 <= one.outbox.observed_ms <= 6_600
    assert lived_ms(one) <= 10_700
    assert "camera_left_unheard" in [line["event"] for line in lines]
    assert one.script.launched[0].ended == 1


def test_what_is_judged_when_a_watcher_dies_stays_told() -> None:
    one = stopped(judged(START_S + 9, START_S + 9.1), CameraLost("ended by signal 9"))
    assert one.outbox.crossings == (1, 0)
    assert one.outbox.observed_ms == 9_100
    assert one.outbox.gaps_ms() == {}


def test_a_camera_that_goes_while_the_keeper_stops_has_told_all_before() -> None:
    gone = Failed(kind=FailureKind.LOST, message="the camera does not answer")
    one = stopped(judged(START_S + 9, START_S + 9.1), gone)
    assert one.outbox.crossings == (1, 0)
    assert one.outbox.observed_ms == 9_100


def test_a_clip_that_ends_while_the_keeper_stops_has_told_all_before() -> None:
    one = stopped(judged(START_S + 9, START_S + 9.1), Ended())
    assert one.outbox.observed_ms == 9_100


def test_a_watcher_that_somebody_else_stops_is_started_again_and_nothing_is_taken_back() -> None:
    left: Life = [opened(START_S), *watching(START_S, START_S + 9), Left()]
    one = play(live(left, [opened(START_S + 10), *watching(START_S + 10, START_S + 12), LEAVES]))
    assert one.script.launches_s == [START_S, START_S + 10]
    assert one.outbox.observed_ms == 11_000
    assert one.outbox.gaps_ms() == {"lost": 1_000}


def test_a_watcher_without_a_picture_is_not_waited_for() -> None:
    one = play(live([5.0, LEAVES, 60.0]))
    assert lived_ms(one) == 5_000
    assert one.script.launched[0].ended == 1


def test_a_long_watch_forgives_earlier_losses() -> None:
    died = CameraLost("gone")
    one = play(
        live(
            [died],
            [died],
            [opened(START_S + 3), *watching(START_S + 3, START_S + 73), died],
            [LEAVES],
        )
    )
    assert one.script.launches_s == [START_S, START_S + 1, START_S + 3, START_S + 74]


def test_a_silent_watcher_is_ended_and_the_silence_is_a_gap() -> None:
    one = play(live([opened(START_S), *watching(START_S, START_S + 5), 60.0], [LEAVES]))
    assert one.script.launched[0].ended == 1
    assert one.outbox.observed_ms == 2_500
    [(reason, missed_ms)] = one.outbox.gaps_ms().items()
    assert reason == "stalled"
    assert missed_ms == lived_ms(one) - 2_500
    assert one.script.launches_s[1] == pytest.approx(START_S + 5 + 10 + 1, abs=0.5)


def test_a_watcher_that_never_opens_is_given_up_after_a_while() -> None:
    one = play(live([200.0], [LEAVES]))
    assert one.script.launches_s[1] == pytest.approx(START_S + 45 + 1, abs=0.5)
    assert accounted_ms(one) == lived_ms(one)
    assert set(one.outbox.gaps_ms()) == {"starting", "stalled"}


@pytest.mark.parametrize(
    "life",
    [
        NetworkMissing("no network: run lianke-agent models pull"),
        [Failed(kind=FailureKind.BAD_LINE, message="line door lies outside the picture")],
        [Failed(kind=FailureKind.UNREADABLE, message="clip.avi cannot be decoded")],
        [Failed(kind=FailureKind.NETWORK, message="other bytes")],
        [Failed(kind=FailureKind.NOT_INSTALLED, message="cv2 is not installed")],
    ],
)
def test_what_a_person_has_to_mend_is_said_once_and_tried_again_every_five_minutes(
    life: Life,
) -> None:
    with capture_logs() as lines:
        one = play(live(life, life, life, [LEAVES]))
    assert one.script.launches_s == [START_S, START_S + 300, START_S + 600, START_S + 900]
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["camera_refused"]
    assert one.outbox.gaps_ms() == {"refused": 900_000}
    assert all(minute.lines == [] for minute in one.outbox.minutes)
    assert len(one.outbox.minutes) == 15


@pytest.mark.parametrize("kind", [FailureKind.LOST, FailureKind.BROKEN])
def test_a_camera_that_went_away_is_tried_again_soon(kind: FailureKind) -> None:
    one = play(live([Failed(kind=kind, message="gone")], [LEAVES]))
    assert one.script.launches_s == [START_S, START_S + 1]
    assert one.outbox.gaps_ms() == {"lost": 1_000}


def test_trouble_is_said_once_and_its_end_too() -> None:
    gone = Failed(kind=FailureKind.LOST, message="rtsp://camera does not answer")
    with capture_logs() as lines:
        play(
            live(
                [gone],
                [gone],
                [opened(START_S + 3), *watching(START_S + 3, START_S + 5), gone],
                [gone],
                [LEAVES],
            )
        )
    said = [line["event"] for line in lines if line["event"] != "camera_opened"]
    assert said == ["camera_lost", "camera_watching", "camera_lost"]


def test_an_unforeseen_fault_of_ours_costs_a_pause_and_not_the_camera() -> None:
    with capture_logs() as lines:
        one = play(
            live(
                [opened(START_S), RuntimeError("a bug")],
                [opened(START_S + 1), *watching(START_S + 1, START_S + 3), LEAVES],
            )
        )
    assert one.outbox.observed_ms == 2_000
    assert accounted_ms(one) == lived_ms(one)
    assert [line["event"] for line in lines if line["log_level"] == "error"] == [
        "camera_keeper_failed"
    ]


def test_a_clip_of_now_ends_and_its_absence_is_told_from_then_on() -> None:
    one = play(
        premises(
            lambda clock: LiveDiary(Places.of_entrances("door"), clock, own_time=True),
            [opened(0.0), *watching(0, 10), Ended()],
            camera=a_camera("clip.avi"),
            clock=ClosingTime(100.0),
        )
    )
    assert len(one.script.launched) == 1
    assert one.outbox.observed_ms == 10_000
    assert one.outbox.gaps_ms() == {"ended": 90_000}


def test_the_heartbeat_shows_state_and_rate() -> None:
    states: list[CameraState] = []

    def look() -> None:
        states.append(one.keeper.state)

    one = live([opened(START_S), *watching(START_S, START_S + 20), look, LEAVES])
    look()
    play(one)
    before, state = states
    assert (before.state, before.sampled_fps) == ("starting", 0.0)
    assert (state.name, state.state) == ("cam", "watching")
    assert state.since_s == 19.5
    assert state.sampled_fps == 4.0


def test_a_camera_whose_pictures_come_too_seldom_says_so_until_they_come_again() -> None:
    """One picture a second: every step between two is a hole, and nothing in it is counted."""
    states: list[str] = []

    def look() -> None:
        states.append(one.keeper.state.state)

    one = live(
        [
            opened(START_S),
            *watching(START_S, START_S + 60),
            look,
            *(deed for n in range(60, 150) for deed in (1.0, slowly(START_S + n))),
            look,
            *watching(START_S + 150, START_S + 240),
            look,
            LEAVES,
        ]
    )
    play(one)
    assert states == ["watching", "slow", "watching"]
    assert one.outbox.gaps_ms() == {"slow": 90_000}


def slowly(at_s: float) -> Seen:
    return seen(at_s + 1.0, at_s + 1.0, observed_s=0.0)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_set_while_watching_loses_and_doubles_nothing(hours: int) -> None:
    one = live(
        [
            opened(START_S),
            *watching(START_S, START_S + 90),
            lambda: one.clock.set_wall(timedelta(hours=hours)),
            *watching(START_S + 90, START_S + 200),
            LEAVES,
        ]
    )
    play(one)
    assert one.outbox.observed_ms == 200_000
    assert one.outbox.gaps_ms() == {}
    begin_at = [minute.begin_at for minute in one.outbox.minutes]
    noon = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    assert begin_at[:2] == [noon, noon + timedelta(minutes=1)]
    assert begin_at[2] == noon + timedelta(hours=hours, minutes=1)


@pytest.mark.parametrize("wrong", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=-3)])
def test_a_clock_that_is_set_within_a_minute_puts_nobody_into_another_hour(
    wrong: timedelta,
) -> None:
    """What was labelled by the wrong clock is told by it, so that the cloud moves both alike."""
    one = live(
        [
            opened(START_S),
            *watching(START_S, START_S + 110),
            lambda: one.clock.set_wall(-wrong),
            *watching(START_S + 110, START_S + 250),
            LEAVES,
        ],
        wrong=wrong,
    )
    play(one)
    noon = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    for told_at, minute in zip(one.outbox.dated, one.outbox.minutes, strict=True):
        assert timedelta() < told_at - minute.begin_at < SAME_CLOCK_WITHIN
    errors = [wrong] * 2 + [timedelta()] * 4
    assert [m.begin_at - by for m, by in zip(one.outbox.minutes, errors, strict=True)] == [
        noon + timedelta(minutes=number) for number in (0, 1, 1, 2, 3, 4)
    ]


def test_a_recorded_clip_is_told_in_the_time_of_its_recording(tmp_path: Path) -> None:
    one = clip(tmp_path, [opened(0.0), *watching(0, 100), seen(100, 100.5, "in"), Ended()])
    play(one)
    minutes = one.outbox.minutes
    assert [minute.begin_at for minute in minutes] == [BEGIN_AT, BEGIN_AT + timedelta(minutes=1)]
    assert [minute.observed_ms for minute in minutes] == [60_000, 40_500]
    assert one.outbox.crossings == (1, 0)
    assert one.outbox.gaps_ms() == {}, "after its end nobody has to watch"


def test_a_recorded_clip_whose_watcher_dies_is_counted_from_its_beginning_once(
    tmp_path: Path,
) -> None:
    first = [*watching(0, 30), seen(30, 30.5, "in"), *watching(30.5, 60)]
    second = [*watching(60, 90), seen(90, 90.5, "in"), *watching(90.5, 95)]
    one = clip(
        tmp_path,
        [opened(0.0), *first, *second, CameraLost("killed")],
        [opened(0.0), *first, CameraLost("killed")],
        [opened(0.0), *first, *second, Ended()],
    )
    play(one)
    assert one.outbox.crossings == (2, 0)
    assert one.outbox.observed_ms == 95_000
    assert one.outbox.gaps_ms() == {"lost": 3_000}, "by the wall: nobody played it meanwhile"


def test_an_agent_started_again_goes_on_where_the_clip_was_told_up_to(tmp_path: Path) -> None:
    whole = [*watching(0, 30), seen(30, 30.5, "in"), *watching(30.5, 70), seen(70, 70.5, "out")]
    outbox = MinuteOutbox()
    play(clip(tmp_path, [opened(0.0), *whole, LEAVES], outbox=outbox))
    assert outbox.crossings == (1, 0), "the minute under way is left for the next time"
    play(clip(tmp_path, [opened(0.0), *whole, Ended()], outbox=outbox))
    assert outbox.crossings == (1, 1)
    again = play(clip(tmp_path, [opened(0.0), *whole, Ended()], outbox=outbox))
    assert again.script.launched == []
    assert again.keeper.state.state == "ended"
    assert outbox.crossings == (1, 1)


def test_a_folder_that_grows_is_played_again_and_only_what_is_new_is_told(tmp_path: Path) -> None:
    shots = tmp_path / "shots"
    shots.mkdir()
    (shots / "1.png").write_bytes(b"first")
    first = [*watching(0, 30), seen(30, 30.5, "in"), *watching(30.5, 70)]
    more = [*watching(70, 100), seen(100, 100.5, "out"), *watching(100.5, 130)]
    outbox = MinuteOutbox()

    def grow() -> None:
        (shots / "2.png").write_bytes(b"second")

    one = premises(
        lambda clock: RecordedDiary(
            Places.of_entrances("door"),
            BEGIN_AT,
            clock,
            PlayedMark(tmp_path / "cam.json", f"{shots}/", BEGIN_AT),
        ),
        [opened(0.0), *first, grow, Ended(pictures=1)],
        [opened(0.0), *first, *more, Ended(pictures=2)],
        camera=a_camera(f"{shots}/", begin_at=BEGIN_AT, speed=0.0, source_fps=10.0),
        outbox=outbox,
        clock=ClosingTime(1200.0),
    )
    play(one)
    assert outbox.crossings == (1, 1)
    assert outbox.observed_ms == 130_000
    assert one.keeper.state.state == "ended"


def test_an_agent_killed_before_it_could_remember_tells_the_same_minutes_under_the_same_ids(
    tmp_path: Path,
) -> None:
    outbox = MinuteOutbox()
    for _ in range(2):
        play(
            clip(
                tmp_path,
                [opened(0.0), *watching(0, 70), seen(70, 70.5, "out"), Ended()],
                outbox=outbox,
            )
        )
        (tmp_path / "cam.json").unlink()
    assert outbox.crossings == (0, 1)


def test_another_clip_under_the_same_name_is_counted(tmp_path: Path) -> None:
    outbox = MinuteOutbox()
    play(clip(tmp_path, [opened(0.0), *watching(0, 5), Ended()], outbox=outbox))
    (tmp_path / "clip.avi").write_bytes(b"longer")
    play(clip(tmp_path, [opened(0.0), *watching(0, 7), Ended()], outbox=outbox))
    assert outbox.observed_ms == 12_000


def test_a_recorded_clip_that_is_refused_marks_its_absence_by_the_wall(tmp_path: Path) -> None:
    one = play(clip(tmp_path, NetworkMissing("pull it"), [LEAVES]))
    assert one.outbox.gaps_ms() == {"refused": 300_000}
    assert one.outbox.minutes[0].begin_at == datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def test_a_full_disk_holds_minutes_back_and_loses_none() -> None:
    outbox = MinuteOutbox()

    def mended() -> None:
        outbox.refuse_with = None

    outbox.refuse_with = DiskUnusable("the disk is full")
    with capture_logs() as lines:
        one = live(
            [
                opened(START_S),
                *watching(START_S, START_S + 200),
                mended,
                *watching(START_S + 200, START_S + 201),
                LEAVES,
            ],
            outbox=outbox,
        )
        play(one)
    assert outbox.observed_ms == 201_000
    assert [line["event"] for line in lines if line["event"].startswith("footfall")] == [
        "footfall_minutes_held",
        "footfall_minutes_stored",
    ]


def test_a_keeper_stopped_before_it_began_starts_nothing() -> None:
    one = live([LEAVES])
    one.keeper.ask_to_stop()
    play(one)
    assert one.script.launched == []

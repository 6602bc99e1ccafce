"""From what shops say of their tills to the cloud's alarms: beginning, ending, and no flicker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.ingest.alarms import AlarmKind, CloudAlarm
from cloud.ingest.alarms.lookout import FLEET_S
from models.wire.birth import State
from models.wire.events.device import SourceState
from tests.simulators.capture_words import a_source, a_till, released, set_aside, speak
from tests.simulators.facts import SHOP
from tests.simulators.whole_cloud import WholeCloud

CAPTURE = {AlarmKind.NUMBERS_MISSING, AlarmKind.SUMS_DISAGREE, AlarmKind.RECORDS_UNREAD}


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[WholeCloud]:
    with WholeCloud(tmp_path) as made:
        made.open_store()
        made.enrol()
        yield made


def standing(cloud: WholeCloud) -> dict[AlarmKind, CloudAlarm]:
    """Those about capture that stand after a look."""
    cloud.hand.move(FLEET_S)
    cloud.lookout.look()
    return {alarm.kind: alarm for alarm in cloud.alarms.listed() if alarm.kind in CAPTURE}


def be_gone(cloud: WholeCloud) -> None:
    word = State(online=False, bootid="boot", birth="b1", at="")
    cloud.registry.state_changed(SHOP, word, cloud.clock.now())


def test_a_shop_whose_books_are_whole_raises_nothing(cloud: WholeCloud) -> None:
    speak(cloud, a_source(unbalanced=5))
    assert standing(cloud) == {}


def test_missing_numbers_stand_until_the_books_have_them(cloud: WholeCloud) -> None:
    speak(cloud, a_source(), tills=(a_till(gaps=4, repeats=1),))
    alarm = standing(cloud)[AlarmKind.NUMBERS_MISSING]
    assert alarm.facts == {"missing": 4, "repeated": 1, "tills": 1, "since": "2026-11-21"}
    assert (alarm.store, alarm.device) == (SHOP.store, SHOP.device)
    speak(cloud, a_source(), tills=(a_till(gaps=1),))
    assert standing(cloud)[AlarmKind.NUMBERS_MISSING].facts["missing"] == 1
    speak(cloud, a_source())
    assert standing(cloud) == {}


def test_a_device_that_is_not_heard_of_ends_no_alarm(cloud: WholeCloud) -> None:
    speak(cloud, a_source(unbalanced=30), tills=(a_till(gaps=4),))
    before = {kind: alarm.id for kind, alarm in standing(cloud).items()}
    be_gone(cloud)
    assert {kind: alarm.id for kind, alarm in standing(cloud).items()} == before
    assert set(before) == {AlarmKind.NUMBERS_MISSING, AlarmKind.SUMS_DISAGREE}


@pytest.mark.parametrize(
    ("unbalanced", "judged", "stands"), [(5, 100, False), (6, 100, True), (10, 19, False)]
)
def test_sums_are_judged_by_their_share_of_enough_receipts(
    cloud: WholeCloud, unbalanced: int, judged: int, stands: bool
) -> None:
    speak(cloud, a_source("counter-2", unbalanced=unbalanced, judged=judged))
    found = standing(cloud)
    assert (AlarmKind.SUMS_DISAGREE in found) is stands
    if stands:
        assert found[AlarmKind.SUMS_DISAGREE].facts["source"] == "counter-2"


def test_a_share_about_the_limit_does_not_flicker(cloud: WholeCloud) -> None:
    ids = []
    for unbalanced in (6, 5, 4, 6, 5):
        speak(cloud, a_source(unbalanced=unbalanced))
        ids.append(standing(cloud)[AlarmKind.SUMS_DISAGREE].id)
    assert len(set(ids)) == 1
    speak(cloud, a_source(unbalanced=3))
    assert standing(cloud) == {}


def test_an_agent_that_has_just_started_ends_no_alarm(cloud: WholeCloud) -> None:
    speak(cloud, a_source(unbalanced=30))
    known = standing(cloud)[AlarmKind.SUMS_DISAGREE].id
    speak(cloud, a_source(judged=0))
    assert standing(cloud)[AlarmKind.SUMS_DISAGREE].id == known


def test_two_sources_of_one_device_are_told_apart(cloud: WholeCloud) -> None:
    speak(cloud, a_source("a", unbalanced=30), a_source("b", unbalanced=40))
    standing(cloud)
    sources = {alarm.facts["source"] for alarm in cloud.alarms.listed()}
    assert sources == {"a", "b"}


def test_records_stand_until_they_have_left_the_quarantine(cloud: WholeCloud) -> None:
    cloud.set_aside(set_aside("a"), set_aside("b"))
    assert standing(cloud)[AlarmKind.RECORDS_UNREAD].facts == {"records": 2}
    cloud.set_aside(released("a"))
    assert standing(cloud)[AlarmKind.RECORDS_UNREAD].facts == {"records": 1}
    cloud.set_aside(released("b"))
    assert standing(cloud) == {}


def test_an_agent_of_before_says_nothing_and_nothing_is_made_of_it(cloud: WholeCloud) -> None:
    speak(cloud)
    assert standing(cloud) == {}
    speak(cloud, SourceState(name="", kind="folder", state="a newer word"))
    assert standing(cloud) == {}

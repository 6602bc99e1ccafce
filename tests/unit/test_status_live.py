"""The running agent's account of itself: also when the outbox cannot be read, and as figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from agent.errors import DiskUnusable
from agent.health.alarms import AlarmKind, Board
from agent.health.status.figures import StatusFigures
from agent.health.status.live import Account, Parts
from agent.metrics import agent_registry
from agent.outbox import Depth, Housekeeping
from agent.outbox.budget import Budget
from agent.sync.standing import LineStanding
from models.wire.topics import Stream
from tests.simulators.agent_status import a_line, a_status, a_till, a_troubled_status
from tests.simulators.clocks import HandClock
from tests.simulators.facts import NOON

STORED_AT = NOON - timedelta(minutes=2)


@dataclass(slots=True)
class Box:
    """An agent whose disk comes and goes."""

    gone: bool = False
    refused: dict[Stream, int] = field(default_factory=dict)

    def depths(self) -> Sequence[Depth]:
        """Two sales wait."""
        if self.gone:
            raise DiskUnusable("/var/lib/lianke: gone; is its disk mounted?")
        return [Depth(Stream.SALE, 2, STORED_AT, 7)]

    def room(self) -> Housekeeping:
        """Half of it is used."""
        return Housekeeping([Budget("total", 50, 100)], {}, self.refused)


def an_account(box: Box, folder: Path) -> Account:
    parts = Parts(
        device="lk1/demo/07/s/d",
        pid=1,
        uptime_s=lambda: 5.0,
        now=lambda: NOON,
        outbox_now=lambda: NOON,
        epoch=lambda: "e",
        depths=box.depths,
        room=box.room,
        dead_letters=lambda: 0,
        free_bytes=lambda: 10_000,
        floor_bytes=100,
        salvages=list,
        line=a_line,
        clock=lambda: a_status().clock or pytest.fail("a status without a clock"),
        till=a_till,
        sources=list,
        workstations=list,
        books_trouble=str,
        operators=lambda: None,
        cameras=list,
        quarantined=lambda: 0,
        cards=lambda: 3,
    )
    return Account(parts, Board(folder / "alarms.json"))


def test_it_tells_what_is_owed_and_since_when(tmp_path: Path) -> None:
    status = an_account(Box(), tmp_path).look()
    assert (status.owed, status.oldest_sale_at, status.alarms) == (2, STORED_AT, [])
    assert (status.agent.running, status.agent.uptime_s, status.cards_through) == (True, 5.0, 3)


def test_an_outbox_that_cannot_be_read_is_an_alarm_and_its_last_figures_stay(
    tmp_path: Path,
) -> None:
    box = Box()
    account = an_account(box, tmp_path)
    account.look()
    box.gone = True
    status = account.look()
    assert (status.owed, "is its disk mounted?" in status.trouble) == (2, True)
    assert [alarm.alarm for alarm in status.alarms] == [AlarmKind.OUTBOX_UNREADABLE]
    box.gone = False
    assert not account.look().alarms


def test_figures_are_those_of_the_moment_they_are_asked_for() -> None:
    shown = [a_status()]
    registry = agent_registry()
    registry.register(StatusFigures(lambda: shown[0]))

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"lianke_{name}", labels)

    assert value("outbox_pending_events", stream="sale") == 0
    assert value("alarms", alarm="offline", severity="warning") == 0
    assert value("sync_last_acknowledgement_timestamp_seconds") == NOON.timestamp() - 3
    assert value("clock_quality", quality="synchronised") == 1
    shown[0] = a_troubled_status()
    assert value("outbox_pending_events", stream="sale") == 48_210
    assert value("outbox_oldest_age_seconds", stream="sale") == 10_800
    assert value("alarms", alarm="offline", severity="warning") == 1
    assert value("alarms", alarm="sale_refused", severity="urgent") == 1
    assert value("till_blocked") == 1


def test_a_figure_that_is_not_known_is_absent() -> None:
    registry = agent_registry()
    bare = a_status(line=None, clock=None, till=None)
    registry.register(StatusFigures(lambda: bare))
    for name in ("sync_last_acknowledgement_timestamp_seconds", "clock_skew_seconds"):
        assert registry.get_sample_value(f"lianke_{name}") is None


def test_the_line_is_silent_from_the_missing_answer_until_the_next_one() -> None:
    standing = LineStanding(HandClock())
    assert standing.facts().ledger_silent is None
    standing.silent()
    standing.refused()
    assert (standing.facts().ledger_silent, standing.facts().login_refused) == (True, True)
    standing.acknowledged(settled=True)
    standing.welcomed()
    facts = standing.facts()
    assert (facts.ledger_silent, facts.login_refused, facts.acknowledged_at) == (False, False, NOON)


def test_the_last_acknowledgement_outlives_a_restart_and_is_one_that_settled_something() -> None:
    before = NOON - timedelta(days=3)
    standing = LineStanding(HandClock(), before)
    standing.acknowledged(settled=False)
    facts = standing.facts()
    assert (facts.acknowledged_at, facts.ledger_silent) == (before, False)
    standing.acknowledged(settled=True)
    assert standing.facts().acknowledged_at == NOON


def test_the_line_is_faulty_until_the_cloud_answers_again() -> None:
    standing = LineStanding(HandClock())
    assert standing.facts().fault is None
    standing.faulty("the certificate has ended")
    assert standing.facts().fault == "the certificate has ended"
    standing.welcomed()
    assert standing.facts().fault == ""

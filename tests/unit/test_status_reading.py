"""Status from files: true beside an agent and without one, and it says which of both it is."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import process_time

import msgspec
import pytest

from agent.config import AgentConfig, OutboxSettings, TillSettings
from agent.errors import DiskUnusable, OutboxBusy
from agent.health.alarms import AlarmKind, Board
from agent.health.alarms.board import Sign, Trouble
from agent.health.check import Verdict
from agent.health.checks.alarms import no_alarm_stands
from agent.health.checks.budgets import budgets_kept
from agent.health.checks.outbox import outbox_sound, outbox_whole
from agent.health.status import read_status, render
from agent.health.status.posted import Poster, read_posted
from agent.outbox import Outbox
from agent.outbox.alarms import Alarm, acknowledge_alarms, raise_alarm
from agent.outbox.glance import EVENTS
from agent.outbox.holder import Holder, holder_of
from models.wire.topics import Stream
from tests.bench.outbox_scale import fill_file
from tests.simulators.agent_status import a_line, a_status, a_till
from tests.simulators.facts import NOON
from tests.simulators.outbox_parts import Premises, some_drafts
from tests.simulators.small_shop import a_device

AN_HOUR_LATER = NOON + timedelta(hours=1)


@pytest.fixture
def config(tmp_path: Path) -> AgentConfig:
    return AgentConfig(a_device(tmp_path), till=TillSettings(folder=tmp_path / "till"))


@pytest.fixture
def outbox(premises: Premises) -> Iterator[Outbox]:
    with closing(premises.open()) as one:
        one.append(Stream.SALE, some_drafts(20))
        yield one


def test_beside_an_agent_it_tells_what_is_owed_and_what_the_agent_told_last(
    outbox: Outbox, config: AgentConfig
) -> None:
    told = a_status(at=NOON, line=a_line(online=True), till=a_till(waiting=3))
    Poster(config.status_file).post(told)
    status = read_status(config, AN_HOUR_LATER)
    assert (status.agent.running, status.agent.pid) == (True, os.getpid())
    assert status.agent.told_age_s == 3600.0
    sales = next(stream for stream in status.streams if stream.stream == Stream.SALE)
    assert (sales.pending, sales.oldest_age_s, status.owed) == (20, 3600.0, 20)
    assert status.oldest_sale_at == NOON
    assert (status.line, status.till) == (told.line, told.till)
    assert (sales.kept, status.epoch) == (20, outbox.epoch)
    assert f"running as process {os.getpid()}" in render(status)


def test_beside_a_deep_backlog_it_reads_no_event(
    premises: Premises, outbox: Outbox, config: AgentConfig
) -> None:
    def cost_s() -> float:
        began_s = process_time()
        read_status(config, NOON)
        return process_time() - began_s

    shallow_s = min(cost_s() for _ in range(5))
    outbox.close()
    fill_file(premises.path, 20, 50_000)
    assert read_status(config, NOON).owed == 50_020
    assert min(cost_s() for _ in range(5)) < 2 * shallow_s + 0.01


def test_without_an_agent_it_says_so_and_nobody_is_online(
    premises: Premises, config: AgentConfig
) -> None:
    with closing(premises.open()) as outbox:
        outbox.append(Stream.SALE, some_drafts(2))
    Poster(config.status_file).post(a_status())
    status = read_status(config, AN_HOUR_LATER)
    assert (status.agent.running, status.agent.pid, status.owed) == (False, None, 2)
    assert status.line is not None
    assert (status.line.online, status.line.since) == (False, NOON)
    assert status.line.acknowledged_at == a_line().acknowledged_at
    assert "NOT RUNNING; last heard of 60 min ago" in render(status)


def test_an_agent_that_never_told_anything_is_no_fault(outbox: Outbox, config: AgentConfig) -> None:
    status = read_status(config, NOON)
    assert (status.line, status.till, status.agent.told_at) == (None, None, None)
    assert outbox.epoch in render(status)
    config.status_file.write_bytes(b"half a fi")
    assert read_posted(config.status_file) is None


def test_before_the_first_start_there_is_no_status(config: AgentConfig) -> None:
    with pytest.raises(DiskUnusable, match="has the agent run"):
        read_status(config)


def test_asking_never_turns_an_agent_away(premises: Premises, config: AgentConfig) -> None:
    premises.open().close()
    stop, turned_away = threading.Event(), 0

    def ask() -> None:
        while not stop.is_set():
            read_status(config, NOON)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for _ in range(20):
            try:
                premises.open().close()
            except OutboxBusy:
                turned_away += 1
    finally:
        stop.set()
        asking.join()
    assert turned_away == 0


def test_the_budgets_are_measured_as_the_agent_measures_them(
    outbox: Outbox, config: AgentConfig
) -> None:
    status = read_status(config, NOON)
    assert status.room is not None
    theirs = [(each.name, each.limit_bytes) for each in outbox.room().budgets]
    assert [(each.name, each.limit_bytes) for each in status.room.budgets] == theirs
    assert status.room.budgets[0].used_bytes == outbox.room().budgets[0].used_bytes
    assert "budget       total: 0.1 of 8590 MB" in render(status)


def test_alarms_are_shown_with_what_to_do_until_they_are_over(
    outbox: Outbox, config: AgentConfig
) -> None:
    board = Board(config.alarms_file)
    board.look([Sign(AlarmKind.OFFLINE, [Trouble()])], NOON)
    raise_alarm(config.outbox_file, Alarm(NOON, "outbox_salvaged", "19 of 20 events saved"))
    status = read_status(config, AN_HOUR_LATER)
    assert [alarm.alarm for alarm in status.alarms] == ["outbox_salvaged", "offline"]
    assert status.alarms[0].detail == "19 of 20 events saved"
    text = render(status)
    assert text.startswith("URGENT       The outbox was damaged")
    assert "→ Check the router" in text
    acknowledge_alarms(config.outbox_file, AN_HOUR_LATER)
    assert [alarm.alarm for alarm in read_status(config, NOON).alarms] == ["offline"]
    assert outbox.epoch


def test_what_programs_read_is_utc_and_keeps_its_names(outbox: Outbox, config: AgentConfig) -> None:
    Poster(config.status_file).post(a_status())
    told = msgspec.json.decode(msgspec.json.encode(read_status(config, NOON)))
    assert told["at"].endswith("Z")
    assert {"agent", "alarms", "streams", "room", "line", "clock", "till"} < set(told)
    assert set(told["streams"][0]) == {"stream", "pending", "oldest_age_s", "last", "kept"}
    assert outbox.epoch == told["epoch"]


def test_the_doctor_warns_before_a_budget_is_spent(outbox: Outbox, config: AgentConfig) -> None:
    assert budgets_kept(config).verdict is Verdict.OK
    used = outbox.room().budgets[0].used_bytes
    tight = OutboxSettings(
        budget_bytes=used, sale_reserve_bytes=0, footfall_bytes=0, telemetry_bytes=0
    )
    finding = budgets_kept(replace(config, outbox=tight))
    assert (finding.verdict, "total 100%" in finding.message) == (Verdict.WARNING, True)


def test_the_doctor_says_how_much_of_the_outbox_it_looked_at(
    outbox: Outbox, config: AgentConfig
) -> None:
    outbox.append(Stream.SALE, some_drafts(3 * EVENTS))
    kept = sum(depth.kept for depth in outbox.depths())
    quick, whole = outbox_sound(config), outbox_whole(config)
    assert (quick.verdict, whole.verdict) == (Verdict.OK, Verdict.OK)
    assert f"of {kept} events were read; --thorough reads all" in quick.message
    assert "the whole file was read" in whole.message


def test_the_doctor_tells_of_alarms(config: AgentConfig) -> None:
    assert no_alarm_stands(config).verdict is Verdict.OK
    assert budgets_kept(config).verdict is Verdict.OK
    board = Board(config.alarms_file)
    board.look([Sign(AlarmKind.OFFLINE, [Trouble()])], NOON)
    assert no_alarm_stands(config).verdict is Verdict.WARNING
    board.look([Sign(AlarmKind.LEDGER_SILENT, [Trouble()])], NOON)
    finding = no_alarm_stands(config)
    assert finding.verdict is Verdict.FAULT
    assert "does not confirm" in finding.message
    assert "head office" in finding.next_step


def test_where_the_kernel_lists_no_locks_the_signed_process_is_looked_for(
    premises: Premises, tmp_path: Path
) -> None:
    nowhere = tmp_path / "no-locks"
    assert holder_of(premises.path, locks=nowhere) is None
    with closing(premises.open()):
        assert holder_of(premises.path, locks=nowhere) == Holder(os.getpid())
    lock = premises.path.with_name("outbox.sqlite3.lock")
    lock.write_text("no number")
    assert holder_of(premises.path, locks=nowhere) is None

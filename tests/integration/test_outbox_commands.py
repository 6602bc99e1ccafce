"""The outbox from the command line, beside a running agent and without one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import agent.cli
from agent.cli.writing import writable_outbox
from agent.clock import Floor, FloorFile, milliseconds_since_boot, read_boot_id
from agent.config import AgentConfig, read_config
from agent.outbox import Inspection
from agent.outbox.aside import set_aside
from agent.outbox.making import make_if_new
from models.wire.ack import Rejection
from models.wire.topics import Stream
from tests.simulators.bad_sectors import blank, harm, page_with, sale
from tests.simulators.log_settings import logging_left_alone
from tests.simulators.outbox_parts import a_draft, ids_of, some_drafts, take
from tests.simulators.small_shop import a_file

PHONE = "+8613812345678"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    with logging_left_alone():
        yield


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = a_file(tmp_path)
    settings = read_config(path)
    settings.outbox_file.parent.mkdir()
    make_if_new(settings.outbox_file)  # the agent has been here
    return path


@pytest.fixture
def settings(config: Path) -> AgentConfig:
    return read_config(config)


@pytest.fixture
def run(
    config: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Run:
    def one(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(
            "sys.argv", ["lianke-agent", "outbox", *map(str, words), "--config", str(config)]
        )
        capfdbinary.readouterr()  # what the test itself has logged so far
        with pytest.raises(SystemExit) as ended:
            agent.cli.main()
        printed = capfdbinary.readouterr()
        return int(ended.value.code or 0), printed.out.decode(), printed.err.decode()

    return one


def test_pending_events_are_exported_sealed_and_in_the_clear_only_when_asked(
    run: Run, settings: AgentConfig, tmp_path: Path
) -> None:
    with writable_outbox(settings) as outbox:
        outbox.append(Stream.SALE, [a_draft(1, phone=PHONE), a_draft(2)])
        take(outbox)
        outbox.settle(outbox.epoch, "sale", [(2, 2)])
        code, out, err = run("export")  # beside whoever writes
    assert (code, err) == (0, "1 exported\n")
    (line,) = [json.loads(each) for each in out.splitlines()]
    assert (line["stream"], line["sequence"], line["settled"]) == ("sale", 1, False)
    assert line["event"]["id"] == line["event_id"] == a_draft(1, phone=PHONE).event_id
    assert PHONE not in out
    assert "sealed:1:" in out
    assert len(run("export", "--all")[1].splitlines()) == 2
    assert PHONE in run("export", "--plain")[1]
    target = tmp_path / "events.jsonl"
    code, out, _ = run("export", "--all", "--to", target, "--json")
    assert (code, json.loads(out)) == (0, {"exported": 2, "file": str(target)})
    assert len(target.read_bytes().splitlines()) == 2
    assert target.stat().st_mode & 0o077 == 0
    code, _, err = run("export", "--to", target)
    assert (code, "name a new file" in err) == (3, True)
    assert run("export", "--until", "2020-01-01")[1] == ""
    assert run("export", "--since", "yesterday")[0] == 2


def test_transactions_are_counted_by_kind_beside_an_agent(run: Run, settings: AgentConfig) -> None:
    with writable_outbox(settings) as outbox:
        outbox.append(Stream.SALE, some_drafts(3))
        assert run("count")[:2] == (0, "         3 retail\n")
        code, out, _ = run("count", "--json")
    assert (code, json.loads(out)) == (0, {"retail": 3})


def test_what_is_written_by_hand_is_dated_by_the_agents_clock_not_by_a_wrong_one(
    settings: AgentConfig,
) -> None:
    """A box that woke up in the past: its own events would otherwise end their retention early."""
    later = datetime.now(UTC) + timedelta(days=30)
    floor = Floor(int(later.timestamp() * 1000), read_boot_id(), milliseconds_since_boot())
    FloorFile.of(settings.device.data_dir).write(floor)
    with writable_outbox(settings) as outbox:
        outbox.append(Stream.SALE, some_drafts(1))
    with Inspection.open(settings.outbox_file) as inspection:
        [pending] = inspection.pending(Stream.SALE)
    assert pending.appended_at >= later - timedelta(seconds=1)


def test_replay_makes_settled_sales_pending_again(run: Run, settings: AgentConfig) -> None:
    with writable_outbox(settings) as outbox:
        outbox.append(Stream.SALE, some_drafts(5))
        take(outbox)
        outbox.settle(outbox.epoch, "sale", [(1, 5)])
        epoch = outbox.epoch
        code, _, err = run("replay", "--all")
        assert (code, "End the agent (systemctl stop lianke-agent)" in err) == (75, True)
    assert run("replay")[0] == 2
    assert run("replay", "--until", "2020-01-01T00:00")[1] == "0 events are pending again\n"
    code, out, _ = run("replay", "--epoch", epoch, "--first", 2, "--last", 3, "--json")
    assert (code, json.loads(out)["replayed"]) == (0, 2)
    code, out, _ = run("ls", "--json")
    assert [each["event_id"] for each in json.loads(out)][:2] == [
        a_draft(number).event_id for number in (2, 3)
    ]


def test_dead_letters_are_listed_exported_and_sent_again(run: Run, settings: AgentConfig) -> None:
    with writable_outbox(settings) as outbox:
        outbox.append(Stream.SALE, [a_draft(1, phone=PHONE), a_draft(2)])
        take(outbox)
        outbox.reject(outbox.epoch, "sale", [Rejection(1, "malformed"), Rejection(2, "too_large")])
        code, out, _ = run("deadletters", "list", "--json")
        assert (code, {each["reason"] for each in json.loads(out)}) == (
            0,
            {"malformed", "too_large"},
        )
        code, out, _ = run("deadletters", "export")
        assert run("deadletters", "replay", "--all")[0] == 75
    lines = [json.loads(line) for line in out.splitlines()]
    assert {line["event"]["id"] for line in lines} == {
        a_draft(1, phone=PHONE).event_id,
        a_draft(2).event_id,
    }
    assert PHONE not in out
    assert run("deadletters", "replay")[0] == 2
    code, out, _ = run("deadletters", "replay", a_draft(2).event_id, "--json")
    assert (code, json.loads(out)) == (0, {"replayed": [a_draft(2).event_id], "left": 1})
    assert run("deadletters", "replay", "--all")[1].startswith("1 are pending again, 0 ")
    with writable_outbox(settings) as outbox:
        assert set(ids_of(take(outbox))) >= {
            a_draft(1, phone=PHONE).event_id,
            a_draft(2).event_id,
        }


def test_repair_sets_a_damaged_file_aside_and_an_alarm_says_so(
    run: Run, settings: AgentConfig
) -> None:
    with writable_outbox(settings) as outbox:
        outbox.append(Stream.SALE, some_drafts(60))
        assert run("repair")[0] == 75
    path = settings.outbox_file
    assert run("repair")[1] == "the outbox is sound; nothing to repair\n"
    assert (run("alarms")[0], set_aside(path)) == (0, [])
    harm(path, blank(page_with(path, sale(30))))
    assert run("verify")[0] == 4
    code, out, _ = run("repair", "--json")
    told = json.loads(out)["salvaged"]
    assert (code, told["counted"]) == (0, True)
    assert told["lost"] >= 1
    assert [str(one) for one in set_aside(path)] == [told["aside"]]
    assert run("verify")[0] == 0
    code, out, _ = run("alarms")
    assert (code, "outbox_salvaged" in out) == (4, True)
    code, out, _ = run("alarms", "--acknowledge", "--json")
    assert (code, json.loads(out)[0]["name"]) == (0, "outbox_salvaged")
    assert run("alarms") == (0, "", "")


def test_where_no_agent_has_run_nothing_is_made(
    run: Run, settings: AgentConfig, tmp_path: Path
) -> None:
    settings.outbox_file.unlink()
    for words in (
        ("replay", "--all"),
        ("repair",),
        ("export",),
        ("deadletters", "replay", "--all"),
    ):
        code, _, err = run(*words)
        assert (code, "has the agent run" in err) == (4, True)
    assert not settings.outbox_file.exists()
    assert not (tmp_path / "keys").exists()


def test_opening_personal_data_needs_the_devices_keys(run: Run, settings: AgentConfig) -> None:
    with writable_outbox(settings) as outbox:
        outbox.append(Stream.SALE, [a_draft(1, phone=PHONE)])
    settings.master_key_file.unlink()
    code, out, err = run("export", "--plain")
    assert (code, out, "no master key" in err) == (3, "", True)

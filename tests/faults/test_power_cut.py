"""The power is cut: what was acknowledged is there when it is back.

A program is recorded, killed with -9 at a seeded moment, and its disk is cut at many seeded moments
of that life, the last of them the kill's; the next life begins with what the last cut left. The
controls show that the same cuts break the promises that nobody kept.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.powercut import Names, Scenario, Tally, Trial
from tests.faults.powercut.programs import outbox, quarantine, raw, replica, report

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SEED = 20261122
LIVES = 3
CUTS_OF_A_LIFE = 17
CUTS = LIVES * CUTS_OF_A_LIFE
LONGEST_S = 0.5
A_GOOD_SHARE = CUTS // 4

PROGRAMS = "tests.faults.powercut.programs"
OUTBOX = Scenario(f"{PROGRAMS}.outbox", outbox.there)
REPLICA = Scenario(f"{PROGRAMS}.replica", replica.there)
QUARANTINE = Scenario(f"{PROGRAMS}.quarantine", quarantine.there)
REPORT = Scenario(f"{PROGRAMS}.report", report.there)


def raw_sqlite(level: str) -> Scenario:
    return Scenario(f"{PROGRAMS}.raw", raw.there, (level,))


def outcome(trial: Trial) -> Tally:
    for life in range(LIVES):
        trial.live(life, CUTS_OF_A_LIFE, LONGEST_S)
    assert trial.tally.cuts == CUTS
    assert trial.tally.unsynced > 0, "the cuts took nothing, so they prove nothing"
    return trial.tally


def nothing_is_lost(trial: Trial) -> bool:
    tally = outcome(trial)
    assert tally.findings == []
    return tally.promised > LIVES


def with_folders(trial: Trial, *names: str) -> Trial:
    """A shop that has run before: its folders are on the disk."""
    for name in names:
        (trial.disk / name).mkdir()
    return trial


def test_sqlite_with_full_syncs_keeps_every_commit(tmp_path: Path) -> None:
    assert nothing_is_lost(Trial(raw_sqlite("FULL"), tmp_path, SEED))


def test_sqlite_with_normal_syncs_loses_commits_and_breaks_nothing(tmp_path: Path) -> None:
    tally = outcome(Trial(raw_sqlite("NORMAL"), tmp_path, SEED))
    assert tally.damaged == 0
    assert tally.lossy > 0


def test_control_sqlite_without_syncs_loses_commits_or_the_file(tmp_path: Path) -> None:
    tally = outcome(Trial(raw_sqlite("OFF"), tmp_path, SEED))
    assert tally.lossy + tally.damaged >= A_GOOD_SHARE
    assert tally.damaged > 0


def test_the_outbox_keeps_every_event_it_accepted(tmp_path: Path) -> None:
    trial = Trial(OUTBOX, tmp_path, SEED)
    assert nothing_is_lost(with_folders(trial, "data", "keys"))


def test_a_new_shop_s_outbox_keeps_every_event_on_a_disk_with_a_journal(tmp_path: Path) -> None:
    assert nothing_is_lost(Trial(OUTBOX, tmp_path, SEED, Names.JOURNALLED))


def test_control_a_disk_that_lies_about_syncs_loses_events(tmp_path: Path) -> None:
    trial = Trial(OUTBOX, tmp_path, SEED, honours_syncs=False)
    tally = outcome(with_folders(trial, "data", "keys"))
    assert tally.lossy + tally.damaged >= A_GOOD_SHARE


@pytest.mark.parametrize("names", Names)
def test_the_replica_is_never_damaged(tmp_path: Path, names: Names) -> None:
    assert outcome(Trial(REPLICA, tmp_path, SEED, names)).findings == []


def test_what_was_quarantined_stays(tmp_path: Path) -> None:
    trial = Trial(QUARANTINE, tmp_path, SEED)
    assert nothing_is_lost(with_folders(trial, "quarantine"))


@pytest.mark.parametrize("names", Names)
def test_a_reported_version_is_never_told_twice(tmp_path: Path, names: Names) -> None:
    assert nothing_is_lost(Trial(REPORT, tmp_path, SEED, names))


@pytest.mark.parametrize("scenario", [OUTBOX, QUARANTINE], ids=["outbox", "quarantine"])
def test_a_new_shop_keeps_everything_on_any_disk(tmp_path: Path, scenario: Scenario) -> None:
    assert nothing_is_lost(Trial(scenario, tmp_path, SEED, Names.POSIX))

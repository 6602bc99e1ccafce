from __future__ import annotations

from pathlib import Path

from agent.twin.reporter import Reporter


def test_a_report_gets_a_new_version_only_when_the_settings_changed(tmp_path: Path) -> None:
    path = tmp_path / "twin.json"
    first = Reporter(path).report({"till.profile": "arts-poslog"})
    again = Reporter(path).report({"till.profile": "arts-poslog"})
    changed = Reporter(path).report({"till.profile": "ncr-acs-2.1"})
    assert [first.version, again.version, changed.version] == [1, 1, 2]


def test_a_damaged_file_starts_the_count_again_rather_than_stop_the_agent(tmp_path: Path) -> None:
    path = tmp_path / "twin.json"
    path.write_bytes(b"{half")
    assert Reporter(path).report({"a": "b"}).version == 1

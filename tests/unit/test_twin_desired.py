"""Desired documents: the last good one stays in force, whatever comes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from agent.twin.desired import DesiredKeeper, Standing
from agent.twin.reporter import Reporter
from models.wire.twin import MAX_DESIRED_BYTES, Desired


def wanted(version: int, **settings: object) -> bytes:
    document = {key: msgspec.Raw(msgspec.json.encode(value)) for key, value in settings.items()}
    return msgspec.json.encode(Desired(version=version, document=document))


DAMAGED = {
    "cut off": wanted(9)[:-4],
    "not JSON": b"\x00\x01",
    "not text": wanted(9, share="x").replace(b'"x"', b'"\xff"'),
    "no version": b'{"document":{}}',
    "version 0": wanted(0),
    "a form from the future": wanted(9).replace(b'"v":1', b'"v":2'),
    "too large": wanted(9, share="x" * MAX_DESIRED_BYTES),
}


@pytest.mark.parametrize("damage", list(DAMAGED))
def test_a_damaged_document_leaves_the_last_good_one_in_force(tmp_path: Path, damage: str) -> None:
    keeper = DesiredKeeper(tmp_path / "desired.json")
    assert keeper.take(wanted(3, share=0.8))
    assert keeper.take(DAMAGED[damage]), "it is reported"
    standing = keeper.standing
    assert (standing.desired, standing.refused) == (3, 0)
    assert standing.refusal
    again = DesiredKeeper(tmp_path / "desired.json")
    assert again.in_force is not None
    assert bytes(again.in_force.document["share"]) == b"0.8"


def test_the_next_good_document_ends_the_refusal(tmp_path: Path) -> None:
    keeper = DesiredKeeper(tmp_path / "desired.json")
    keeper.take(b"{")
    assert keeper.take(wanted(1))
    assert keeper.standing == Standing(desired=1)


@pytest.mark.parametrize("version", [1, 4, 5])
def test_an_older_document_is_ignored_and_not_reported(tmp_path: Path, version: int) -> None:
    keeper = DesiredKeeper(tmp_path / "desired.json")
    keeper.take(wanted(5, share=0.8))
    assert not keeper.take(wanted(version, share=0.1))
    assert keeper.in_force is not None
    assert bytes(keeper.in_force.document["share"]) == b"0.8"


def test_a_kept_file_that_is_damaged_means_none_so_that_the_cloud_sends_again(
    tmp_path: Path,
) -> None:
    path = tmp_path / "desired.json"
    path.write_bytes(b"{half")
    keeper = DesiredKeeper(path)
    assert keeper.standing == Standing()
    assert keeper.take(wanted(7))
    assert DesiredKeeper(path).standing == Standing(desired=7)


def test_a_document_that_cannot_be_kept_is_refused_by_its_version(tmp_path: Path) -> None:
    (tmp_path / "no folder").write_bytes(b"")
    keeper = DesiredKeeper(tmp_path / "no folder" / "desired.json")
    assert keeper.take(wanted(2))
    assert keeper.in_force is None
    assert keeper.standing.refused == 2
    assert "could not be kept" in keeper.standing.refusal


def test_a_report_says_what_is_in_force_and_what_was_refused(tmp_path: Path) -> None:
    keeper, reporter = DesiredKeeper(tmp_path / "desired.json"), Reporter(tmp_path / "report.json")
    settings = {"till.profile": "arts-poslog"}
    first = reporter.report(settings, keeper.standing)
    keeper.take(wanted(3))
    taken = reporter.report(settings, keeper.standing)
    keeper.take(b"{")
    refused = reporter.report(settings, keeper.standing)
    assert [first.version, taken.version, refused.version] == [1, 2, 3]
    assert [first.desired, taken.desired, refused.desired] == [0, 3, 3]
    assert (taken.refusal, refused.refused) == ("", 0)
    assert "not a desired document" in refused.refusal
    assert reporter.report(settings, keeper.standing).version == 3

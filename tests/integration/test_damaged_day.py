"""A tenth of a day's records damaged, at every kind of till, through the agent's own sources.

The long form is ``make damaged-day``.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulators.damaged_day.__main__ import MOST_S, main
from tests.simulators.damaged_day.day import MOST_RECORDS, DamagedDay, Lived
from tests.simulators.damaged_day.plants import by_kind
from tests.simulators.damaged_day.remainders import DANGEROUS
from tests.simulators.outbox_parts import fast_folder

pytestmark = pytest.mark.timeout(120)

SEED = 11
RECORDS = 30
TILLS = {"poslog", "csv", "fixed", "ndjson", "text", "prints", "tap", "rest", "shopify", "square"}


@pytest.fixture(scope="module")
def lived() -> Iterator[Lived]:
    folder = fast_folder()
    yield DamagedDay(folder, SEED, RECORDS).live()
    shutil.rmtree(folder)


def test_nothing_is_missing_nothing_is_wrong_and_nothing_secret_shows(lived: Lived) -> None:
    assert lived.account.faults == []
    assert lived.in_time
    assert lived.blocked == [], "no record holds a source up"


def test_every_till_had_its_share_and_no_two_the_same(lived: Lived) -> None:
    """An account of a day on which nothing happened would be right as well."""
    damaged = [record for record in lived.records if record.damage]
    assert {record.till for record in damaged} == TILLS | {"database", "odoo"}
    assert len(damaged) >= len(lived.records) // 10
    assert len(lived.damages) > len(damaged) // 2
    planted = [record for record in lived.records if record.plants]
    assert len(planted) > len(lived.records) // 3
    fates = {fate for _, _, fate in lived.account.fates}
    assert fates >= {"right", "quarantined", "refused"}


def test_no_record_takes_a_second(lived: Lived) -> None:
    name, processor_s = lived.slowest
    assert processor_s < MOST_S, name


@pytest.fixture
def folder() -> Iterator[Path]:
    name = fast_folder()
    yield name
    shutil.rmtree(name)


def test_the_account_finds_what_was_lost_on_purpose(folder: Path) -> None:
    """The control: a quarantine that forgets, a sink that swallows, a name and digits in a log."""
    day = DamagedDay(folder, SEED, 20)
    (spoilt,) = [each for each in day.odoo.records if each.damage][:1]
    day.odoo.odoo.table("pos.order")[day.odoo.records.index(spoilt)]["amount_total"] = "twelve"
    gone = next(each for each in day.poslog.records if each.sound)
    shown = next(each for each in day.poslog.records if each.sound and each.plants and each != gone)
    name, card = (by_kind(shown.plants)(kind) for kind in ("name", "card"))
    says = f"customer {name}, {card[:DANGEROUS]}"
    lived = day.live(forgets="odoo", swallows=gone.marker, says=says)
    assert any(f"odoo {spoilt.marker}" in fault and "nowhere" in fault for fault in _faults(lived))
    assert f"poslog {gone.marker} (sound): a sound record is not in the outbox" in _faults(lived)
    assert f"poslog {shown.marker} (sound): name shows in log" in _faults(lived)
    assert f"poslog {shown.marker} (sound): card shows in log" in _faults(lived)


@pytest.mark.parametrize("records", ["0", str(MOST_RECORDS + 1), "100000"])
def test_a_day_that_cannot_be_says_how_many_records_it_may_have(
    records: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--records", records])
    assert f"--records must be 10 to {MOST_RECORDS}" in capsys.readouterr().err


def _faults(lived: Lived) -> list[str]:
    return lived.account.faults

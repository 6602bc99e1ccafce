"""Plays scenarios one after the other and reports."""

from __future__ import annotations

import shutil
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.faults.run.scenario import NotShown, Scenario, Setting
from tests.simulators.processes import NotReady

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line of the report."""

    name: str
    faults: int
    injected: int
    in_ledger: int
    lost: int
    doubled: int
    seconds: float


@dataclass(slots=True)
class Report:
    """All outcomes.

    Attributes:
        failures: scenarios that could not run or showed nothing, and why.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether everything was played, and nothing was lost or doubled."""
        return not self.failures and not any(one.lost or one.doubled for one in self.outcomes)

    def facts(self) -> dict[str, Any]:
        """The JSON object of ``make faults``."""
        return {
            "scenarios": [asdict(one) for one in self.outcomes],
            "lost": sum(one.lost for one in self.outcomes),
            "doubled": sum(one.doubled for one in self.outcomes),
        }


def play(scenario: Scenario, *, quick: bool, seed: int, folder: Path, tell: Tell) -> Outcome:
    """Play one scenario in a folder of its own.

    Raises:
        NotShown: as the scenario says.
    """
    begun_s = time.monotonic()
    random = Random(f"{seed}/{scenario.name}")
    faults = scenario.quick if quick else scenario.full
    result = scenario.play(Setting(folder, faults, quick, seed, random, tell))
    found = result.census
    return Outcome(
        name=scenario.name,
        faults=result.faults,
        injected=found.injected,
        in_ledger=found.in_ledger,
        lost=found.lost,
        doubled=found.doubled,
        seconds=round(time.monotonic() - begun_s, 1),
    )


def play_all(
    scenarios: Iterable[Scenario], *, quick: bool, seed: int, workplace: Path, tell: Tell
) -> Report:
    """Play them, each in a folder below ``workplace``; of one that went wrong it is kept."""
    report = Report()
    for scenario in scenarios:
        folder = workplace / scenario.name
        folder.mkdir()
        tell(f"{scenario.name} …")
        try:
            outcome = play(scenario, quick=quick, seed=seed, folder=folder, tell=tell)
        except (Exception, pytest.skip.Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - the run goes on and fails at its end
            report.failures[scenario.name] = _why(error)
            tell(f"{scenario.name}: FAILED: {_why(error)}; see {folder}")
            continue
        report.outcomes.append(outcome)
        tell(_line(outcome))
        if outcome.lost or outcome.doubled:
            tell(f"{scenario.name}: see {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return report


def _why(error: BaseException) -> str:
    if isinstance(error, (NotShown, NotReady)):
        return str(error)
    return "".join(traceback.format_exception(error, limit=-4)).strip()


def _line(one: Outcome) -> str:
    return (
        f"{one.name}: {one.faults} faults in {one.seconds:g} s; {one.injected} injected, "
        f"{one.in_ledger} in the ledger, {one.lost} lost, {one.doubled} doubled"
    )

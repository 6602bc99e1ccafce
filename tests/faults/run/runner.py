"""Plays scenarios, one after the other or several at once, and reports."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random

import psutil
import pytest
import structlog

from tests.faults.run.report import Failure, Outcome, Report
from tests.faults.run.scenario import NotShown, Scenario, Setting
from tests.simulators.processes import NotReady

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Run:
    """How scenarios are played.

    Attributes:
        quick: CI's form.
        seed: all chance comes from it and from a scenario's name, whatever else is played.
        workplace: has a folder for each; of one that went wrong it is kept.
    """

    quick: bool
    seed: int
    workplace: Path


def tell(remark: str) -> None:
    """Say something to people; the report has stdout for itself."""
    print(remark, file=sys.stderr, flush=True)


def play(scenario: Scenario, *, quick: bool, seed: int, folder: Path, tell: Tell) -> Outcome:
    """Play one scenario in a folder of its own.

    Raises:
        NotShown: as the scenario says.
    """
    begun_s = time.monotonic()
    random = Random(f"{seed}/{scenario.name}")
    faults = scenario.quick if quick else scenario.full

    remarks: list[str] = []

    def tell_of_it(remark: str) -> None:
        remarks.append(remark)
        tell(f"{scenario.name}: {remark}")

    result = scenario.play(Setting(folder, faults, quick, seed, random, tell_of_it))
    found = result.census
    return Outcome(
        name=scenario.name,
        faults=result.faults,
        injected=found.injected,
        in_ledger=found.in_ledger,
        lost=found.lost,
        doubled=found.doubled,
        seconds=round(time.monotonic() - begun_s, 1),
        remarks=tuple(remarks),
    )


def play_all(scenarios: Sequence[Scenario], run: Run, *, jobs: int = 1) -> Report:
    """Play them all, ``jobs`` at once, each in a process of its own where that is more than one.

    Then the longest begin first: one of them alone at the end would keep everybody waiting.
    """
    report = Report()
    played_apart = jobs > 1
    order = sorted(scenarios, key=longest_first) if played_apart else scenarios
    with _players(jobs) as play_each:
        endings = play_each(partial(_played_apart if played_apart else _played, run), order)
        by_name = dict(zip((each.name for each in order), endings, strict=True))
    for each in scenarios:
        match by_name[each.name]:
            case Outcome() as outcome:
                report.outcomes.append(outcome)
            case Failure() as failure:
                report.failures.append(failure)
    return report


def longest_first(scenario: Scenario) -> float:
    """A key to sort by."""
    return -scenario.minutes


def _played(run: Run, scenario: Scenario) -> Outcome | Failure:
    """Play one and tell of it; whatever happens, the others are played as well."""
    folder = run.workplace / scenario.name
    folder.mkdir()
    tell(f"{scenario.name} …")
    try:
        outcome = play(scenario, quick=run.quick, seed=run.seed, folder=folder, tell=tell)
    except (Exception, pytest.skip.Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - the run goes on and fails at its end
        tell(f"{scenario.name}: FAILED: {_why(error)}; see {folder}")
        return Failure(scenario.name, _why(error))
    tell(_line(outcome))
    if outcome.lost or outcome.doubled:
        tell(f"{scenario.name}: see {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return outcome


def _played_apart(run: Run, scenario: Scenario) -> Outcome | Failure:
    """Play one in a process of a pool, which would give the next one to a process that goes on."""
    try:
        return _played(run, scenario)
    except KeyboardInterrupt:
        os._exit(1)


@contextmanager
def _players(jobs: int) -> Iterator[Callable[..., Iterator[Outcome | Failure]]]:
    """A ``map`` that plays here, or in processes that end when this one is told to."""
    if jobs == 1:
        yield map
        return
    with ProcessPoolExecutor(jobs, get_context("spawn"), _prepare_player) as pool:
        try:
            yield pool.map
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for player in psutil.Process().children():
                player.terminate()
            raise


def prepare_process() -> None:
    """Quiet logs; whichever way the process is ended, it ends what it has started."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)


def _prepare_player() -> None:
    """A terminal's ctrl-C reaches everybody: this process waits to be told by the first one."""
    prepare_process()
    signal.signal(signal.SIGINT, lambda *_: None)


def _why(error: BaseException) -> str:
    if isinstance(error, (NotShown, NotReady)):
        return str(error)
    return "".join(traceback.format_exception(error, limit=-4)).strip()


def _line(one: Outcome) -> str:
    return (
        f"{one.name}: {one.faults} faults in {one.seconds:g} s; {one.injected} injected, "
        f"{one.in_ledger} in the ledger, {one.lost} lost, {one.doubled} doubled"
    )

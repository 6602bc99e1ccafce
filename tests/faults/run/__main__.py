"""The command line of ``make faults``; the report goes to stdout, everything else to stderr."""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.faults.run.catalogue import SCENARIOS
from tests.faults.run.report import Circumstances
from tests.faults.run.runner import Run, play_all, prepare_process, tell

QUICK_SEED = 20261122


def main(arguments: Sequence[str]) -> int:
    """Play what was asked for; 0 when nothing was lost, nothing doubled and everything played."""
    asked = _parser().parse_args(arguments)
    if asked.list:
        print("\n".join(f"{each.name:26}{each.full:5}{each.quick:5}" for each in SCENARIOS))
        return 0
    prepare_process()
    seed = asked.seed if asked.seed is not None else _seed(quick=asked.quick)
    tell(f"seed {seed}; replay one with --only NAME --seed {seed}{' --quick' * asked.quick}")
    chosen = [each for each in SCENARIOS if not asked.only or each.name in asked.only]
    jobs = min(asked.jobs, len(chosen))
    circumstances = Circumstances.here(seed=seed, quick=asked.quick, jobs=jobs)
    begun_s = time.monotonic()
    run = Run(asked.quick, seed, Path(tempfile.mkdtemp(prefix="lianke-faults-")))
    report = play_all(chosen, run, jobs=jobs)
    if report.sound:
        run.workplace.rmdir()
    facts = report.facts(circumstances, time.monotonic() - begun_s)
    print(json.dumps(facts, indent=None if asked.json else 1, ensure_ascii=False))
    return 0 if report.sound else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    names = [each.name for each in SCENARIOS]
    parser.add_argument("--json", action="store_true", help="the report on one line")
    parser.add_argument("--quick", action="store_true", help="fewer faults, a fixed seed: for CI")
    parser.add_argument("--list", action="store_true", help="name, faults, faults when quick")
    parser.add_argument(
        "--only", action="append", choices=names, metavar="NAME", help="this one; may be repeated"
    )
    parser.add_argument("--seed", type=int, help="as an earlier run printed it")
    parser.add_argument(
        "--jobs", type=_at_least_one, default=1, help="so many scenarios at once (1)"
    )
    return parser


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _seed(*, quick: bool) -> int:
    return QUICK_SEED if quick else secrets.randbelow(1_000_000_000)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The command line of ``make faults``; the report goes to stdout, everything else to stderr."""

from __future__ import annotations

import argparse
import json
import logging
import secrets
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import structlog

from tests.faults.run.catalogue import SCENARIOS
from tests.faults.run.runner import play_all

QUICK_SEED = 20261122


def main(arguments: Sequence[str]) -> int:
    """Play what was asked for; 0 when nothing was lost, nothing doubled and everything played."""
    asked = _parser().parse_args(arguments)
    if asked.list:
        print("\n".join(f"{each.name:26}{each.full:5}{each.quick:5}" for each in SCENARIOS))
        return 0
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    seed = asked.seed if asked.seed is not None else _seed(quick=asked.quick)
    _tell(f"seed {seed}; replay one with --only NAME --seed {seed}{' --quick' * asked.quick}")
    chosen = [each for each in SCENARIOS if not asked.only or each.name in asked.only]
    workplace = Path(tempfile.mkdtemp(prefix="lianke-faults-"))
    report = play_all(chosen, quick=asked.quick, seed=seed, workplace=workplace, tell=_tell)
    if report.sound:
        workplace.rmdir()
    print(json.dumps(report.facts(), indent=None if asked.json else 1))
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
    return parser


def _seed(*, quick: bool) -> int:
    return QUICK_SEED if quick else secrets.randbelow(1_000_000_000)


def _tell(remark: str) -> None:
    print(remark, file=sys.stderr, flush=True)


if __name__ == "__main__":
    # Whichever way it is ended, it ends what it has started.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))

"""One JSON object of a damaged day; exit code 1 where anything is missing, shown or slow."""

from __future__ import annotations

import argparse
import json
import shutil
import sys

from models.runtime import logs
from tests.simulators.damaged_day.day import MOST_RECORDS, DamagedDay
from tests.simulators.outbox_parts import fast_folder

_FEWEST_RECORDS = 10
"""Of which one is damaged."""

MOST_S = 1.0
"""What a single record may cost its reader."""


def main(arguments: list[str]) -> int:
    """Live through a day and print its account."""
    options = argparse.ArgumentParser(prog="damaged_day", description=__doc__)
    options.add_argument("--seed", type=int, default=1, help="what chance begins with")
    options.add_argument(
        "--records", type=int, default=300, help=f"for each of the tills, 10 to {MOST_RECORDS}"
    )
    asked = options.parse_args(arguments)
    if not _FEWEST_RECORDS <= asked.records <= MOST_RECORDS:
        options.error(f"--records must be {_FEWEST_RECORDS} to {MOST_RECORDS}, not {asked.records}")
    logs.configure("WARNING")  # to stderr: stdout is the account's alone
    folder = fast_folder()
    try:
        lived = DamagedDay(folder, asked.seed, asked.records).live()
    finally:
        shutil.rmtree(folder)
    name, slowest_s = lived.slowest
    told = {
        "seed": asked.seed,
        "records": len(lived.records),
        "damaged": sum(lived.damages.values()),
        "kinds_of_damage": len(lived.damages),
        "took_s": round(lived.took_s, 1),
        "in_time": lived.in_time,
        "blocked": lived.blocked,
        "slowest": {"record": name, "processor_s": round(slowest_s, 3)},
        "faults": lived.account.faults,
        "fates": lived.account.told(),
        "damages": dict(sorted(lived.damages.items())),
    }
    print(json.dumps(told, ensure_ascii=False, indent=1))
    return int(bool(lived.account.faults) or not lived.in_time or slowest_s > MOST_S)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Command line: write a day's files and its truth into a folder.

Standard output carries figures only, never a member. Exit codes: 0 done, 2 wrong arguments.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from tests.simulators.till.day import ShopDay
from tests.simulators.till.player import Player, SystemPlayerClock
from tests.simulators.till.truth import DayTruth


def main(arguments: Sequence[str] | None = None) -> int:
    """Play one day as the arguments say; see `--help`."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        day = _day(options)
        deliveries = day.deliveries(options.batch)
    except ValueError as refused:
        parser.error(str(refused))
    folder: Path = options.out_dir
    folder.mkdir(parents=True, exist_ok=True)
    player = Player(folder, SystemPlayerClock(), options.speed, options.fsync)
    files = sum(1 for _ in player.play(deliveries))
    (folder / "truth.json").write_text(day.truth.json(), encoding="utf-8")
    print(_summary(day.truth, files))
    return 0


def _day(options: argparse.Namespace) -> ShopDay:
    return ShopDay(
        seed=options.seed,
        sales=options.sales,
        business_day=options.business_day,
        timezone=options.timezone,
        store_ref=options.store,
        workstations=options.workstations,
        member_count=options.members,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulators.till",
        description="Play a convenience store's day as POSLog files and a truth.json.",
    )
    parser.add_argument("out_dir", type=Path, help="folder for the files; made if missing")
    parser.add_argument("--seed", type=int, default=7, help="names the day (default 7)")
    parser.add_argument("--sales", type=int, default=ShopDay.sales, help="completed sales")
    parser.add_argument("--business-day", type=date.fromisoformat, default=ShopDay.business_day)
    parser.add_argument("--timezone", default=ShopDay.timezone)
    parser.add_argument("--store", default=ShopDay.store_ref, help="RetailStoreID")
    parser.add_argument("--workstations", type=int, default=ShopDay.workstations)
    parser.add_argument("--members", type=int, help="members the shop knows")
    parser.add_argument("--batch", type=int, default=1, help="transactions per file")
    parser.add_argument("--speed", type=float, help="shop seconds per second; default: no pauses")
    parser.add_argument("--fsync", action="store_true", help="force every file to disk")
    return parser


def _summary(truth: DayTruth, files: int) -> str:
    statuses = ", ".join(f"{count} {status}" for status, count in truth.by_status.items())
    return (
        f"{files} files: {truth.retail} retail transactions ({statuses}), "
        f"{truth.controls} controls, {len(truth.members)} members, "
        f"net {truth.net_sales_fen} fen"
    )


if __name__ == "__main__":
    sys.exit(main())

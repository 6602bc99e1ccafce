"""Puts the figures of one run on the page about delivery, and the run's report beside the page.

    make faults ARGS="--jobs 2 --json" > faults.json
    .venv/bin/python -m tests.faults.run.page faults.json

So nobody types a figure, and all of them are of one run. A test holds page and report together.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tests.faults.run.catalogue import SCENARIOS
from tests.simulators.processes import ROOT

PAGE: Final = ROOT / "docs" / "explanation" / "delivery.md"
REPORT: Final = PAGE.with_suffix(".json")
BEGIN: Final = "<!-- Made by tests/faults/run/page.py from delivery.json; do not edit. -->\n"
END: Final = "<!-- The end of what is made. -->\n"

_HEAD: Final = """
| scenario | faults | transactions | lost | doubled | seconds |
|---|---:|---:|---:|---:|---:|
"""


class Unfit(ValueError):
    """A report that the page may not show."""


def main(arguments: Sequence[str]) -> int:
    """Take one report; 1 when it is not of a whole, sound run in the full form."""
    (report,) = arguments
    said = Path(report).read_text(encoding="utf-8")
    facts = json.loads(said[said.index("{") :])  # make may have said something before
    try:
        check(facts)
    except Unfit as error:
        print(f"{report}: {error}", file=sys.stderr)
        return 1
    REPORT.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_figures(page, figures(facts)), encoding="utf-8")
    return 0


def check(facts: dict[str, Any]) -> None:
    """Raise Unfit for anything but the whole set, played in one go, with nothing lost."""
    missing = {each.name for each in SCENARIOS} - {each["name"] for each in facts["scenarios"]}
    if facts["quick"]:
        raise Unfit("the page shows the full set, and this is CI's form")
    if missing or facts["failed"]:
        raise Unfit(f"not played: {', '.join(sorted(missing))}; play the whole set in one run")
    if facts["lost"] or facts["doubled"]:
        raise Unfit(f"{facts['lost']} lost, {facts['doubled']} doubled: mend that first")


def figures(facts: dict[str, Any]) -> str:
    """What stands between the two marks."""
    return f"{BEGIN}{_summary(facts)}{_HEAD}{_rows(facts)}{_remarks(facts)}{END}"


def with_figures(page: str, block: str) -> str:
    """The page with another block between its marks; raises ValueError where it has none."""
    before, _, rest = page.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"{PAGE.name} has lost the marks around its figures")
    return f"{before}{block}{after}"


def _summary(facts: dict[str, Any]) -> str:
    transactions = sum(each["injected"] for each in facts["scenarios"])
    return (
        f"The whole set in one run: seed {facts['seed']}, commit `{facts['commit']}`, begun "
        f"{facts['begun_at']}, {facts['jobs']} at once, {facts['seconds'] / 60:.0f} minutes.\n"
        f"{facts['host']}.\n"
        f"**{facts['faults']:,} faults, {transactions:,} transactions, lost {facts['lost']}, "
        f"doubled {facts['doubled']}.**\n"
    )


def _rows(facts: dict[str, Any]) -> str:
    return "".join(
        f"| `{each['name']}` | {each['faults']:,} | {each['injected']:,} | {each['lost']} "
        f"| {each['doubled']} | {each['seconds']:,.0f} |\n"
        for each in facts["scenarios"]
    )


def _remarks(facts: dict[str, Any]) -> str:
    said = [
        f"- `{each['name']}`: {remark}\n"
        for each in facts["scenarios"]
        for remark in each["remarks"]
    ]
    return "\nWhat scenarios said of themselves in that run:\n\n" + "".join(said) if said else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

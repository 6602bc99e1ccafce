"""What a run reports: what came of each scenario, and of which code, where and how long it ran."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from tests.simulators.processes import ROOT


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line of the report.

    Attributes:
        remarks: what the scenario said of itself, for people.
    """

    name: str
    faults: int
    injected: int
    in_ledger: int
    lost: int
    doubled: int
    seconds: float
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A scenario that could not run, or showed nothing, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Of which code a run is, and where it was made.

    Attributes:
        commit: short, with ``+`` behind it where the tree held more than that.
        host: what a figure may depend on; no machine's name.
        begun_at: UTC.
        jobs: scenarios at once.
    """

    seed: int
    quick: bool
    jobs: int
    commit: str
    host: str
    begun_at: str

    @classmethod
    def here(cls, *, seed: int, quick: bool, jobs: int) -> Self:
        """As of now, on this machine."""
        begun_at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        return cls(seed, quick, jobs, _commit(ROOT), _host(), begun_at)


@dataclass(slots=True)
class Report:
    """All outcomes, in the order of the catalogue."""

    outcomes: list[Outcome] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether everything was played, and nothing was lost or doubled."""
        return not self.failures and not any(one.lost or one.doubled for one in self.outcomes)

    def facts(self, circumstances: Circumstances, seconds: float) -> dict[str, Any]:
        """The JSON object of ``make faults``; ``seconds`` is what the whole run took."""
        return {
            "scenarios": [asdict(one) for one in self.outcomes],
            "lost": sum(one.lost for one in self.outcomes),
            "doubled": sum(one.doubled for one in self.outcomes),
            "faults": sum(one.faults for one in self.outcomes),
            "failed": [asdict(one) for one in self.failures],
            **asdict(circumstances),
            "seconds": round(seconds, 1),
        }


def _commit(tree: Path) -> str:
    """``unknown`` in a tree without git."""
    try:
        head = _git(tree, "rev-parse", "--short", "HEAD")
        more = _git(tree, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{head}+" if more else head


def _git(tree: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(tree), *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _host() -> str:
    cores = len(os.sched_getaffinity(0))
    release = platform.release().partition("-")[0]
    system = f"{platform.system()} {release} {platform.machine()}"
    return f"{cores} cores, {system}, Python {platform.python_version()}"

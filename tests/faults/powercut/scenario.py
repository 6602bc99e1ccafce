"""A program, what it promises, and how many of its promises power cuts break.

A program notes ``promise`` after its work was acknowledged and ``release`` before it lets go of
something on purpose. What is promised and not released is owed by every later cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.faults.powercut.entries import Names
from tests.faults.powercut.recording import Cut, mark
from tests.faults.powercut.victim import Victim

_PROMISED = "promised"
RELEASED = "released"
"""How a mark of what is let go begins."""


class Damaged(Exception):
    """What a cut left cannot be used, or contradicts itself."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A program to cut the power of.

    Attributes:
        module: run with the folder and the number of its life; calls ``say_ready``, then works.
        there: what of the promised is in a folder; raises Damaged.
        arguments: further ones for the program.
    """

    module: str
    there: Callable[[Path], set[str]]
    arguments: tuple[str, ...] = ()


@dataclass(slots=True)
class Tally:
    """What came of some cuts.

    Attributes:
        cuts: how often the power was cut.
        promised: how many different things were promised in all lives.
        unsynced: how many changes were not synced when the power was cut, in sum; without any, the
            cuts took nothing and prove nothing.
        lossy: cuts after which something owed was not there.
        damaged: cuts after which the files could not be used.
        missing: what was owed and not there, in sum over all cuts; all of it where damaged.
        findings: what was wrong, cut by cut.
    """

    cuts: int = 0
    promised: int = 0
    unsynced: int = 0
    lossy: int = 0
    damaged: int = 0
    missing: int = 0
    findings: list[str] = field(default_factory=list)


def promise(names: Iterable[str]) -> None:
    """To be called by the program: these are stored, for good."""
    mark(" ".join([_PROMISED, *names]))


def release(names: Iterable[str]) -> None:
    """To be called by the program: these will be let go."""
    mark(" ".join([RELEASED, *names]))


def owed(marks: Iterable[str]) -> set[str]:
    """What was promised and not released since."""
    told = list(marks)
    return _said(told, _PROMISED) - _said(told, RELEASED)


class Trial:
    """Lives of one program, each killed at a random moment, each cut many times."""

    def __init__(
        self,
        scenario: Scenario,
        folder: Path,
        seed: int,
        names: Names = Names.POSIX,
        *,
        honours_syncs: bool = True,
    ) -> None:
        """``folder`` is for the program's files (``disk``), the log and what cuts leave."""
        self.tally = Tally()
        self.disk = folder / "disk"
        self.disk.mkdir(parents=True)
        self._scenario = scenario
        self._folder = folder
        self._seed = seed
        self._random = Random(seed)
        self._names = names
        self._honours_syncs = honours_syncs
        self._earlier: tuple[str, ...] = ()

    def live(self, life: int, cuts: int, longest_s: float) -> None:
        """One life; the next one begins with what its last cut left, if all was there.

        Who died before the first write has nothing that could be cut: that life counts no cut.
        """
        arguments = (str(self.disk), str(life), *self._scenario.arguments)
        victim = Victim(self._scenario.module, arguments, self.disk, self._folder / "log")
        recording = victim.work_and_die(self._random.uniform(0.0, longest_s))
        cuts_of_life = recording.cuts(
            cuts, self._seed + life, self._names, honours_syncs=self._honours_syncs
        )
        cut, sound = None, False
        for cut in cuts_of_life:
            sound = self._examine(cut, life)
        if cut is None:
            return
        if sound:
            cut.image.write_to(self.disk)
        self._earlier += cut.marks
        self.tally.promised = len(_said(self._earlier, _PROMISED))

    def _examine(self, cut: Cut, life: int) -> bool:
        marks = self._earlier + cut.marks
        after = self._folder / "after"
        cut.image.write_to(after)
        due = owed(marks)
        self.tally.cuts += 1
        self.tally.unsynced += cut.unsynced
        where = f"life {life}, byte {cut.position} of the log"
        try:
            missing = due - self._scenario.there(after)
        except Damaged as error:
            self.tally.damaged += 1
            self.tally.missing += max(1, len(due))
            self.tally.findings.append(f"{where}: damaged: {error}")
            return False
        if missing:
            self.tally.lossy += 1
            self.tally.missing += len(missing)
            self.tally.findings.append(f"{where}: {len(missing)} of {len(due)} are lost")
        return not missing


def _said(marks: Iterable[str], verb: str) -> set[str]:
    lines = (line.split() for line in marks)
    return {name for first, *names in lines if first == verb for name in names}

"""What a scenario is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.faults.run.census import Census


class NotShown(Exception):
    """Nothing was lost, but the scenario did not see what it is there to show.

    A control that lost nothing, a restored copy that nobody noticed: such a run proves nothing.
    """


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and how a scenario is played.

    Attributes:
        folder: throw-away, for everything it keeps.
        faults: how many to inject.
        quick: whether this is CI's form.
        seed: names the run; ``random`` follows from it and from the scenario's name.
        random: the only source of chance.
        tell: prints a remark for people.
    """

    folder: Path
    faults: int
    quick: bool
    seed: int
    random: Random
    tell: Callable[[str], None]

    @property
    def pace(self) -> float:
        """What the lengths of faults are multiplied by, where more of it would add nothing."""
        return 0.5 if self.quick else 1.0


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it.

    Attributes:
        faults: how many were injected.
    """

    faults: int
    census: Census


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way of being hurt.

    Attributes:
        name: as the report and ``--only`` call it.
        play: injects the faults and counts. Raises NotShown; any other error means that the
            scenario could not run.
        full: faults in the full set.
        quick: faults in CI's form.
        minutes: about what the full set's takes alone on two idle cores; who takes longest begins
            first where several are played at once.
    """

    name: str
    play: Callable[[Setting], Result]
    full: int
    quick: int
    minutes: float = 1.0

"""The port of whatever learns from people's ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from agent.capture.footfall.counting.facts import Fact
from agent.capture.footfall.counting.moment import Moment


class Analysis(Protocol):
    """Takes one moment after the other, and says what it learnt: mostly nothing.

    It holds only what is alive, and knows no clock, file or thread. What it says may be of some
    seconds ago: only later pictures show who is a person, who is staff, and who was only hidden.
    """

    def update(self, moment: Moment) -> Sequence[Fact]:
        """What this moment, later than the one before, has taught."""
        ...

    def rest(self) -> Sequence[Fact]:
        """What is known and was not told yet; nothing is asked afterwards."""
        ...

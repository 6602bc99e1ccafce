"""Was the camera moved? Then what it sees fits better somewhere else than where it was, or nowhere.

What is usual is learnt while the camera is trusted, and no longer once it has moved: so a camera
that is put back is believed again. One whose lines are drawn anew has a new watcher, which learns
anew.
"""

from __future__ import annotations

from agent.capture.footfall.sight.matching import Fit, fit
from agent.capture.footfall.sight.steady import Steady
from agent.capture.footfall.sight.tuning import SightTuning
from agent.capture.footfall.sight.view import View


class Relocation:
    """Compares the view of now with the usual one, and has that learnt while they agree."""

    def __init__(self, tuning: SightTuning) -> None:
        self._tuning = tuning
        self._began_s: float | None = None
        self._next_s = 0.0
        self._aside = Steady(tuning.moved_after_s, tuning.moved_after_s, tuning.hole_s)
        self._astray = Steady(tuning.strange_after_s, tuning.moved_after_s, tuning.hole_s)

    @property
    def stands(self) -> bool:
        """Whether the camera has moved and was not put back."""
        return self._aside.stands or self._astray.stands

    def look(self, view: View, at_s: float) -> float | None:
        """Compare; since when the camera is known to have moved, where that became clear now."""
        tuning = self._tuning
        if self._began_s is None:
            self._began_s, self._next_s = at_s, at_s + tuning.learn_s
        if view.now is None or at_s < self._next_s:
            return None
        self._next_s = at_s + tuning.compare_every_s
        if view.usual is None:
            view.learn()
            return None
        found = fit(view.usual, view.now)
        if found is None:
            view.learn()
            return None
        return self._judge(view, found, at_s)

    def doubt(self, at_s: float) -> None:
        """Nothing can be told of the view for now."""
        self._aside.find(at_s, None)
        self._astray.find(at_s, None)

    def _judge(self, view: View, found: Fit, at_s: float) -> float | None:
        tuning = self._tuning
        stood = self.stands
        settled = found.gain < tuning.gain / 2 and found.here > tuning.fit
        if settled and not stood:
            view.learn()
        aside = (
            found.gain > tuning.gain
            and found.aside > tuning.fit
            and found.together >= tuning.together
            and found.shift >= tuning.shift
        )
        strange = found.here < tuning.strange
        if stood:  # back is only what fits where it was
            aside = strange = not settled
        began = [self._aside.find(at_s, aside), self._astray.find(at_s, strange)]
        begun = [each for each in began if each is not None]
        return min(begun) if begun and not stood else None

"""Shop floors through tracker and zones, and how far what is told is from the truth."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from agent.capture.footfall.counting.counter import Counter
from agent.capture.footfall.counting.facts import CutStay, Fact, Presence, Stay
from agent.capture.footfall.counting.floor import Floor
from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.detection.detections import Detections
from tests.simulators.doorway import SIZE
from tests.simulators.shop_floor import ShopFloor


@dataclass
class Figures:
    """Sums over scenes: what was told beside what is true."""

    person_s: float = 0.0
    true_person_s: float = 0.0
    cut: int = 0
    stays: list[float] = field(default_factory=list)
    true_stays: list[float] = field(default_factory=list)

    def add(self, scene: ShopFloor, facts: Iterable[Fact]) -> None:
        """One more scene."""
        self.true_person_s += scene.mean_length() * scene.duration_s
        self.true_stays += [stay.lasted_s for stay in scene.stays]
        for fact in facts:
            match fact:
                case Presence():
                    self.person_s += fact.person_s
                case Stay():
                    self.stays.append(fact.lasted_s)
                case CutStay():
                    self.cut += 1
                case _:
                    pass

    @property
    def length_error(self) -> float:
        """Of the mean number of people, as a share of it."""
        return self.person_s / self.true_person_s - 1

    def stay_error(self, share: float) -> float:
        """Of a percentile of the stays, as a share of it."""
        return percentile(self.stays, share) / percentile(self.true_stays, share) - 1


def percentile(lengths: Iterable[float], share: float) -> float:
    """By nearest rank."""
    ordered = sorted(lengths)
    return ordered[max(1, math.ceil(share * len(ordered))) - 1]


def moments(samples: Iterable[tuple[float, Detections]]) -> Iterator[Moment]:
    """What the tracker makes of samples; every span was watched but the one before the first."""
    counter, before_s = Counter([], SIZE), math.nan
    for at_s, detections in samples:
        span_s = 0.0 if math.isnan(before_s) else at_s - before_s
        yield counter.look(detections, at_s, span_s)
        before_s = at_s


def told(scene: ShopFloor, looks: Iterable[Moment]) -> list[Fact]:
    """All that is told of a scene's zone."""
    floor = Floor([scene.zone], SIZE)
    facts = [fact for moment in looks for fact in floor.update(moment)]
    return facts + floor.rest()


def tried(scenes: Sequence[ShopFloor], fps: float) -> Figures:
    """Scenes at so many samples a second."""
    figures = Figures()
    for scene in scenes:
        figures.add(scene, told(scene, moments(scene.samples(fps))))
    return figures

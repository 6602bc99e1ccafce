"""The figures of a played day, each read where it is true: outbox, ledger, members, replica."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.simulators.demo.boxes import CameraBox, Shop
from tests.simulators.demo.real_tills import RealDay
from tests.simulators.demo.stage import Cloud
from tests.simulators.demo.stopwatch import Stopwatch, percentile
from tests.simulators.till import DayTruth


@dataclass(frozen=True, slots=True)
class Played:
    """What was played, and who watched.

    Attributes:
        door: the box with the camera, where there is one.
    """

    cloud: Cloud
    shops: list[Shop]
    door: CameraBox | None
    truth: DayTruth
    real: RealDay | None
    stopwatch: Stopwatch

    @property
    def members_expected(self) -> int:
        """The simulator's truth, and an independent reading of the real files."""
        return len(self.truth.members) + (self.real.members if self.real else 0)


def figures(played: Played, seconds: float) -> dict[str, Any]:
    """The demo's JSON object; ``seconds`` until everything was settled and every card was back."""
    cloud = played.cloud.status()
    shops = [shop.status() for shop in played.shops]
    latencies = played.stopwatch.latencies_ms()
    return {
        "sales_captured": sum(shop.captured().get("retail", 0) for shop in played.shops),
        "sales_in_ledger": cloud["ledger"]["sales"],
        "controls_in_ledger": cloud["ledger"]["controls"],
        "duplicates": cloud["ledger"]["duplicates"],
        "conflicts": cloud["ledger"]["conflicts"],
        "members": cloud["members"],
        "members_expected": played.members_expected,
        "cards_on_tablet": sum(shop["cards"] for shop in shops),
        "footfall": cloud["footfall"] if played.door else None,
        "till_to_card_ms": {
            "p50": percentile(latencies, 0.50),
            "p99": percentile(latencies, 0.99),
        },
        "seconds": round(seconds, 1),
    }

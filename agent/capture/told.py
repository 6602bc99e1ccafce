"""What intake and books have to say, in the words of the status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent.capture.books import Findings, Numbers, TillBooks
from agent.capture.intake import Intake
from agent.health.status.tills import BalanceStatus, NumbersStatus, TakenStatus, WorkstationStatus

_MOST_NAMED: Final = 20


@dataclass(frozen=True, slots=True)
class Told:
    """Asks both. Safe from any thread."""

    intake: Intake
    books: TillBooks

    def taken(self, source: str) -> TakenStatus:
        """What came of a source, by its name; of the till's folder, which has none."""
        taken = self.intake.taken(source)
        read_by = {each.profile for each in taken.balances}
        tills = [each for each in self.books.findings() if read_by & each.profiles]
        return TakenStatus(
            captured=taken.captured,
            late=taken.late,
            balances=[
                BalanceStatus(profile=each.profile, judged=each.judged, unbalanced=each.unbalanced)
                for each in taken.balances
            ],
            missing=sum(each.missing for each in tills),
            repeated=sum(len(each.repeats) for each in tills),
        )

    def workstations(self) -> list[WorkstationStatus]:
        """What is wrong with each, the worst first."""
        return [_workstation(each) for each in self.books.findings()]

    def trouble(self) -> str:
        """Why the books are not kept on the disk; empty where they are."""
        return self.books.fault


def _workstation(found: Findings) -> WorkstationStatus:
    return WorkstationStatus(
        business_unit=found.till.business_unit,
        workstation_id=found.till.workstation_id,
        missing=found.missing,
        gaps=_named(found.gaps),
        repeated=len(found.repeats),
        repeats=_named(found.repeats),
        late=found.late,
        since=found.since,
        ripening=found.is_ripening,
    )


def _named(numbers: Sequence[Numbers]) -> list[NumbersStatus]:
    newest_first = sorted(numbers, key=lambda each: each.day, reverse=True)
    return [
        NumbersStatus(
            day=each.day,
            first=each.first,
            last=each.last,
            count=each.count,
            recent=each.is_recent,
        )
        for each in newest_first[:_MOST_NAMED]
    ]

"""Errands: what will happen at the tills of one day, before times and numbers are settled.

An errand knows its goods, its shopper and the errand it goes back to. `timetable` gives it a
begin, an end and a sequence number; `booking` turns it into a transaction.
"""

from dataclasses import dataclass
from enum import StrEnum

from tests.simulators.till.facts import Line, Tender
from tests.simulators.till.people import ANONYMOUS, Shopper


class ErrandKind(StrEnum):
    """Why somebody stands at a till."""

    SALE = "sale"
    RETURN = "return"
    POST_VOID = "post_void"
    GIVEN_UP = "given_up"
    PARKED = "parked"
    TRAINING = "training"
    SIGN_ON = "sign_on"
    SIGN_OFF = "sign_off"
    NO_SALE = "no_sale"
    SETTLE = "settle"


@dataclass(frozen=True, slots=True)
class Errand:
    """One thing that happens at one till.

    Attributes:
        number: names the errand within its day.
        workstation: 1 for the first till.
        planned_s: seconds after local midnight of the business day; a queue may delay it.
        origin: number of the errand that this one resumes, returns or takes back; it is over
            before this one begins.
        late: its file reaches the folder only after the day's end.
        reprinted: its file is written a second time.
    """

    number: int
    kind: ErrandKind
    workstation: int
    planned_s: int
    duration_s: int
    shopper: Shopper = ANONYMOUS
    lines: tuple[Line, ...] = ()
    tenders: tuple[Tender, ...] = ()
    origin: int | None = None
    offline: bool = False
    late: bool = False
    reprinted: bool = False

    @property
    def total_fen(self) -> int:
        """What the goods come to."""
        return sum(line.counted_fen for line in self.lines)

    @property
    def plain(self) -> bool:
        """Whether it is an ordinary sale, with nothing else going on."""
        special = self.offline or self.late or self.reprinted or self.origin is not None
        return self.kind is ErrandKind.SALE and not special

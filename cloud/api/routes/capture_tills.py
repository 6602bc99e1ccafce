"""What ``/v1/capture/by-till`` answers of a till: its counters, what is missing or came twice."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from cloud.capture import Gap, Habit, Series, TillFigures, Wholeness
from cloud.storage.columns import from_ms


class MissingNumbers(BaseModel):
    """Consecutive numbers that no transaction has, as the till writes them."""

    first: str
    last: str
    count: int
    before_first: bool = Field(
        description="they lie before the day's first number, so they may be the day before's"
    )
    missed_since: datetime = Field(description="when the number behind them arrived")

    @classmethod
    def of(cls, known: Gap, series: Series) -> Self:
        """From what is known of a gap in a series."""
        return cls(
            first=series.text(known.first),
            last=series.text(known.last),
            count=known.count,
            before_first=known.before_first,
            missed_since=from_ms(known.seen_ms),
        )


class RepeatedNumber(BaseModel):
    """A number that several transactions of the day have."""

    number: str
    times: int


class NumberSeries(BaseModel):
    """One counter of a till."""

    first: str
    last: str = Field(description="in the counter's own order: a full counter begins anew")
    taken: int = Field(description="different numbers")
    habit: Habit = Field(description="what the days before show of the counter")
    gaps: list[MissingNumbers]
    repeats: list[RepeatedNumber]

    @classmethod
    def of(cls, known: Series) -> Self:
        """From what is known."""
        return cls(
            first=known.text(known.first),
            last=known.text(known.last),
            taken=known.taken,
            habit=known.habit,
            gaps=[MissingNumbers.of(gap, known) for gap in known.gaps],
            repeats=[
                RepeatedNumber(number=known.text(each.number), times=each.times)
                for each in known.repeats
            ],
        )


class CapturedTill(BaseModel):
    """One till's day, by one kind of number."""

    workstation: str
    printed: bool = Field(description="by the numbers on printed receipts; not all is printed")
    beside: bool = Field(description="the till is captured with true numbers, too")
    wholeness: Wholeness
    transactions: int = Field(description="control transactions included")
    controls: int
    unnumbered: int = Field(description="transactions whose number is no count")
    series: list[NumberSeries]

    @classmethod
    def of(cls, known: TillFigures) -> Self:
        """From what is known."""
        return cls(
            workstation=known.workstation,
            printed=known.printed,
            beside=known.beside,
            wholeness=known.wholeness,
            transactions=known.transactions,
            controls=known.controls,
            unnumbered=known.unnumbered,
            series=[NumberSeries.of(series) for series in known.series],
        )

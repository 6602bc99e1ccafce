"""Composes acknowledgements from what was decided. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cloud.ledger.arrival import Acknowledgement, Lane
from cloud.ledger.reading import Readable, Reading, Refused, Unreadable
from cloud.ledger.verdict import Verdict
from models.wire.ack import Ack, Refusal, Rejection
from models.wire.ranges import Range, merge


@dataclass(slots=True)
class _Answer:
    settled: list[Range] = field(default_factory=list)
    rejected: dict[int, str] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)


def acknowledge(
    readings: Iterable[Reading], verdict: Verdict, generation: str
) -> Sequence[Acknowledgement]:
    """One acknowledgement per lane that arrived, in the order of first arrival.

    It names what arrived, no more and no less; what was settled before is in the welcome.
    """
    answers: dict[Lane, _Answer] = {}
    for reading in readings:
        if not isinstance(reading, Unreadable):
            _take(answers.setdefault(reading.lane, _Answer()), reading)
    for batch, reject in verdict.rejected:
        answers[batch.lane].rejected[reject.sequence] = reject.reason
    return [
        Acknowledgement(lane.device, _ack(lane, answer, verdict.rehome.get(lane), generation))
        for lane, answer in answers.items()
    ]


def _take(answer: _Answer, reading: Readable | Refused) -> None:
    if isinstance(reading, Readable):
        answer.settled.append((reading.first, reading.last))
    else:
        answer.refused.append(reading.refusal)


def _ack(lane: Lane, answer: _Answer, rehome: str | None, generation: str) -> Ack:
    return Ack(
        ledger=generation,
        epoch=lane.epoch,
        stream=lane.stream,
        settled=merge(answer.settled),
        rejected=[Rejection(*one) for one in sorted(answer.rejected.items())],
        refused=answer.refused,
        rehome=rehome,
    )

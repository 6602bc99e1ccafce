"""What a device says was acknowledged, beside what the ledger holds."""

from __future__ import annotations

from cloud.ledger.promised import MOST_EPOCHS, MOST_RANGES, asked_about, count, missing, streams_of
from models.wire.ack import EpochSettled
from models.wire.birth import Birth, EpochHeld
from models.wire.ranges import Range

OURS, OLDER = "a" * 32, "b" * 32


def lane(epoch: str, *ranges: Range, stream: str = "sale") -> EpochSettled:
    return EpochSettled(epoch, {stream: list(ranges)})


def born(held: list[str], acknowledged: list[EpochSettled]) -> Birth:
    return Birth(
        birth="b",
        bootid="boot",
        agent_version="1",
        started_at="",
        epochs=[EpochHeld(epoch, {}) for epoch in held],
        acknowledged=acknowledged,
    )


def test_a_ledger_that_holds_more_than_the_device_knows_lacks_nothing() -> None:
    assert missing([lane(OURS, (1, 5), (8, 9))], [lane(OURS, (1, 12))]) == []
    assert missing([], [lane(OURS, (1, 12))]) == []


def test_what_it_lacks_is_named_by_ranges() -> None:
    lacks = missing(
        [lane(OURS, (1, 10), (20, 30)), lane(OLDER, (1, 3), stream="member")],
        [lane(OURS, (1, 4), (6, 8), (25, 26))],
    )
    assert lacks == [
        lane(OURS, (5, 5), (9, 10), (20, 24), (27, 30)),
        lane(OLDER, (1, 3), stream="member"),
    ]
    assert (count(lacks), streams_of(lacks)) == (1 + 2 + 5 + 4 + 3, ["member", "sale"])


def test_an_epoch_is_asked_about_once_whoever_names_it() -> None:
    birth = born([OURS], [lane(OURS, (1, 1)), lane(OLDER, (1, 1))])
    assert asked_about(birth) == [OURS, OLDER]


def test_nonsense_is_not_looked_at_and_no_answer_grows_without_end() -> None:
    odd: list[Range] = [(0, 3), (5, 2), (-1, -1), (1, 2**60)]
    assert missing([lane("nonsense", (1, 1)), lane(OURS, *odd)], []) == []
    assert missing([lane(OURS, (1, 1), stream="no stream")], []) == []
    many = [lane(f"{n:032x}", (1, 1)) for n in range(50)]
    assert len(missing(many, [])) == MOST_EPOCHS
    torn = lane(OURS, *((n, n) for n in range(1, 9_999, 2)))
    [lacks] = missing([torn], [])
    assert len(lacks.streams["sale"]) == MOST_RANGES

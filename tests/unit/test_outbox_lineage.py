"""The births that an outbox remembers: by them the cloud tells a copy from the file itself."""

from __future__ import annotations

from agent.outbox import Outbox
from agent.outbox.lineage import ANSWERED, UNANSWERED, Said
from models.wire.topics import Stream
from tests.simulators.outbox_parts import Premises, some_drafts, take


def test_a_birth_is_told_with_those_before_it_through_a_kill(premises: Premises) -> None:
    outbox = premises.open()
    assert outbox.introduce("b1") == {outbox.epoch: ["b1"]}
    assert outbox.introduce("b1") == {outbox.epoch: ["b1"]}, "it is said again until it is answered"
    killed = premises.open(premises.copy("killed"))
    assert killed.introduce("b2") == {outbox.epoch: ["b1", "b2"]}
    killed.close()
    assert outbox.introduce("b3") == {outbox.epoch: ["b1", "b3"]}, "a copy's births are its own"
    outbox.close()


def test_a_birth_that_the_disk_refuses_is_not_told(premises: Premises) -> None:
    outbox = premises.open()
    outbox.introduce("b1")
    outbox._file._writer.execute("PRAGMA query_only = ON")
    assert outbox.introduce("b2") == {outbox.epoch: ["b1"]}
    outbox._file._writer.execute("PRAGMA query_only = OFF")
    assert outbox.introduce("b2") == {outbox.epoch: ["b1", "b2"]}
    outbox.close()


def test_closed_epochs_are_told_as_long_as_something_is_kept_there(outbox: Outbox) -> None:
    outbox.append(Stream.SALE, some_drafts(1))
    take(outbox)
    outbox.settle(outbox.epoch, "sale", [(1, 1)])
    closed = outbox.epoch
    outbox.introduce("b1")
    outbox.rehome("test")
    assert outbox.introduce("b1") == {closed: ["b1"], outbox.epoch: ["b1"]}
    outbox.housekeep({Stream.SALE: 0.0})
    assert outbox.introduce("b1") == {outbox.epoch: ["b1"]}


def test_what_the_cloud_answered_outlives_many_births_that_it_did_not(outbox: Outbox) -> None:
    """Its last one is among them, however long nobody answers."""
    outbox.introduce("heard")
    outbox.answered("heard")
    for number in range(3 * UNANSWERED):
        told = outbox.introduce(f"b{number}")[outbox.epoch]
    assert told[0] == "heard"
    assert len(told) == 1 + UNANSWERED


def test_births_are_not_told_without_end() -> None:
    said = Said()
    for number in range(100):
        said = said.then(f"b{number}", f"b{number - 1}")
    assert len(said.answered) == ANSWERED
    assert said.since == ["b99"]

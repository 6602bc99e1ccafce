"""Who should hold which part: evenly, moving as little as possible, and the same for everybody."""

from __future__ import annotations

from collections import Counter

import pytest

from cloud.config import BrokerSettings, CloudConfig, as_worker, read_parts, spell_parts
from cloud.errors import BadConfiguration
from cloud.ingest.sharing import plan
from models.wire.ids import PARTS

ALL = frozenset(range(PARTS))


def test_one_worker_holds_everything() -> None:
    assert plan({"a": ALL}, {}) == dict.fromkeys(range(PARTS), "a")


def test_a_second_worker_gets_half_and_the_first_keeps_half() -> None:
    before = dict.fromkeys(range(PARTS), "a")
    after = plan({"a": ALL, "b": ALL}, before)
    assert Counter(after.values()) == {"a": 32, "b": 32}
    assert plan({"a": ALL, "b": ALL}, after) == after


def test_only_the_parts_of_the_dead_are_given_away() -> None:
    before = plan({"a": ALL, "b": ALL, "c": ALL}, {})
    after = plan({"a": ALL, "b": ALL}, before)
    assert Counter(after.values()) == {"a": 32, "b": 32}
    assert all(after[part] == who for part, who in before.items() if who != "c")


def test_a_worker_gets_none_of_the_parts_that_it_may_not_serve() -> None:
    workers = {"a": frozenset(range(8)), "b": frozenset(range(4, 12))}
    planned = plan(workers, {4: "a", 60: "a"})
    assert planned.keys() == frozenset(range(12))
    assert {planned[part] for part in range(4)} == {"a"}
    assert {planned[part] for part in range(8, 12)} == {"b"}
    assert Counter(planned.values()) == {"a": 6, "b": 6}


def test_nobody_alive_gets_nothing() -> None:
    assert plan({}, {1: "gone"}) == {}


@pytest.mark.parametrize("text", ["0-63", "0-15,32", "5", "0,2,4-6,63"])
def test_parts_are_spelt_as_they_are_read(text: str) -> None:
    assert spell_parts(reversed(read_parts(text))) == text


def test_no_parts_are_spelt_as_nothing() -> None:
    assert spell_parts([]) == ""


@pytest.mark.parametrize("text", ["", "64", "0-", "a", "1-64"])
def test_parts_that_do_not_exist_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"parts|write"):
        read_parts(text)


@pytest.mark.parametrize("name", ["ingest-2", "_cloud-ingest-2"])
def test_a_workers_name_is_its_login(name: str) -> None:
    broker = as_worker(CloudConfig(), name).broker
    assert (broker.user, broker.worker) == ("_cloud-ingest-2", "ingest-2")


@pytest.mark.parametrize("name", ["", "Übung", "a b", "x" * 42])
def test_a_name_that_no_login_can_have_is_refused(name: str) -> None:
    with pytest.raises(BadConfiguration, match="is not a worker's name"):
        as_worker(CloudConfig(), name)
    with pytest.raises(ValueError, match="is not a worker's name"):
        BrokerSettings(workers=(name,))

"""The group commit alone: who leads, who shares, whose error is whose."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Sequence

import pytest

from agent.errors import OutboxBusy
from agent.outbox.group import GROUP_LIMIT, GroupCommit
from tests.simulators.processes import eventually


class Store:
    """Doubles numbers, refuses negative ones, and can be held while others queue up.

    Attributes:
        open: while it is not set, everybody is held.
        groups_pass: while it is not set, groups of several are.
    """

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.threads: list[int] = []
        self.open = threading.Event()
        self.open.set()
        self.entered = threading.Event()
        self.groups_pass = threading.Event()
        self.groups_pass.set()

    def __call__(self, works: Sequence[int]) -> list[int]:
        self.entered.set()
        self.threads.append(threading.get_ident())
        assert self.open.wait(30)
        assert len(works) == 1 or self.groups_pass.wait(30)
        self.groups.append(list(works))
        if any(work < 0 for work in works):
            raise ValueError(f"negative: {works}")
        return [2 * work for work in works]


class Callers:
    """Threads that submit one number each, and what came back."""

    def __init__(self, group: GroupCommit[int, int]) -> None:
        self._group = group
        self._threads: list[threading.Thread] = []
        self.results: dict[int, int] = {}
        self.errors: dict[int, Exception] = {}

    def submit(self, number: int) -> None:
        thread = threading.Thread(target=self._run, args=(number,))
        self._threads.append(thread)
        thread.start()

    def _run(self, number: int) -> None:
        try:
            self.results[number] = self._group.submit(number)
        except (ValueError, OutboxBusy) as error:
            self.errors[number] = error

    def join(self) -> None:
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()


def waiting(group: GroupCommit[int, int], count: int) -> Callable[[], bool]:
    return lambda: len(group._waiting) == count


def queue_behind_a_leader(
    store: Store, group: GroupCommit[int, int], numbers: Sequence[int]
) -> Callers:
    """Hold a leader in the store until all the numbers wait behind it, in order."""
    store.open.clear()
    callers = Callers(group)
    callers.submit(1000)
    assert store.entered.wait(30)
    for count, number in enumerate(numbers, start=1):
        callers.submit(number)
        assert eventually(waiting(group, count))
    store.open.set()
    callers.join()
    return callers


def test_a_single_producer_stores_on_its_own_thread() -> None:
    store = Store()
    group: GroupCommit[int, int] = GroupCommit(store)
    assert [group.submit(n) for n in (1, 2, 3)] == [2, 4, 6]
    assert store.groups == [[1], [2], [3]]
    assert set(store.threads) == {threading.get_ident()}


def test_those_who_wait_are_stored_together_in_order() -> None:
    store = Store()
    callers = queue_behind_a_leader(store, GroupCommit(store), range(20))
    assert store.groups == [[1000], list(range(20))]
    assert callers.results == {1000: 2000, **{n: 2 * n for n in range(20)}}


def test_a_failing_member_does_not_fail_the_others() -> None:
    store = Store()
    callers = queue_behind_a_leader(store, GroupCommit(store), [1, -2, 3, -4])
    assert callers.results == {1000: 2000, 1: 2, 3: 6}
    assert sorted(callers.errors) == [-4, -2]
    assert str(callers.errors[-2]) == "negative: [-2]"
    assert store.groups == [[1000], [1, -2, 3, -4], [1], [-2], [3], [-4]]


def test_a_failing_leader_hands_over() -> None:
    store = Store()
    group: GroupCommit[int, int] = GroupCommit(store)
    with pytest.raises(ValueError, match="negative"):
        group.submit(-1)
    assert group.submit(4) == 8


def test_a_group_is_bounded() -> None:
    store = Store()
    queue_behind_a_leader(store, GroupCommit(store), range(GROUP_LIMIT + 1))
    assert [len(group) for group in store.groups] == [1, GROUP_LIMIT, 1]


def test_a_leader_that_is_interrupted_lets_its_followers_try_again() -> None:
    interrupted: list[Sequence[int]] = []

    def store(works: Sequence[int]) -> list[int]:
        if len(works) > 1:
            interrupted.append(works)
            raise KeyboardInterrupt
        if works[0] == 1000:
            entered.set()
            assert release.wait(30)
        return list(works)

    entered, release = threading.Event(), threading.Event()
    group: GroupCommit[int, int] = GroupCommit(store)
    callers = Callers(group)
    callers.submit(1000)
    assert entered.wait(30)

    def lead() -> None:
        with pytest.raises(KeyboardInterrupt):
            group.submit(1)

    leader = threading.Thread(target=lead)
    leader.start()
    assert eventually(waiting(group, 1))
    callers.submit(2)
    assert eventually(waiting(group, 2))
    release.set()
    callers.join()
    leader.join(30)
    assert interrupted == [[1, 2]]
    assert isinstance(callers.errors[2], OutboxBusy)
    assert group.submit(5) == 5


def test_a_signal_while_waiting_leaves_the_queue_in_order() -> None:
    store = Store()
    group: GroupCommit[int, int] = GroupCommit(store)
    store.open.clear()
    callers = Callers(group)
    callers.submit(1)
    assert store.entered.wait(30)

    def interrupt() -> None:
        assert eventually(waiting(group, 1))
        signal.pthread_kill(main, signal.SIGINT)
        assert eventually(waiting(group, 0))
        store.open.set()

    main = threading.get_ident()
    signaller = threading.Thread(target=interrupt)
    # A shell's background job begins with SIGINT ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        signaller.start()
        with pytest.raises(KeyboardInterrupt):
            group.submit(2)
        signaller.join(30)
    finally:
        signal.signal(signal.SIGINT, before)
    callers.join()
    assert group.submit(3) == 6
    assert store.groups == [[1], [3]]


def test_a_member_that_is_interrupted_does_not_keep_the_others_asleep() -> None:
    """The chain in which a group wakes goes on behind one that is no longer there."""
    store = Store()
    group: GroupCommit[int, int] = GroupCommit(store)
    callers = Callers(group)
    store.open.clear()
    callers.submit(1)
    assert store.entered.wait(30)
    callers.submit(2)
    assert eventually(waiting(group, 1))

    def interrupt() -> None:
        assert eventually(waiting(group, 2))
        callers.submit(4)
        assert eventually(waiting(group, 3))
        store.groups_pass.clear()
        store.open.set()
        assert eventually(waiting(group, 0))
        signal.pthread_kill(main, signal.SIGINT)

    main = threading.get_ident()
    signaller = threading.Thread(target=interrupt)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        signaller.start()
        with pytest.raises(KeyboardInterrupt):
            group.submit(3)
        store.groups_pass.set()
        signaller.join(30)
    finally:
        signal.signal(signal.SIGINT, before)
    callers.join()
    assert callers.results == {1: 2, 2: 4, 4: 8}
    assert store.groups == [[1], [2, 3, 4]]
    assert group.submit(5) == 10

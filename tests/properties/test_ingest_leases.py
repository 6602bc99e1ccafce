"""Laws of the leases, for any schedule of joins, deaths, pauses, clock jumps and departures.

At no moment do two workers hold a part by a valid lease; and once the schedule has calmed down,
every part is held again, by one that is alive, in even shares.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from cloud.ingest.shift import WorkerReplaced
from models.wire.ids import PARTS
from tests.simulators.paper_roster import LEASE_S, Colleague, PaperRoster

NAMES = ("a", "b", "c")

names = st.sampled_from(NAMES)
steps = st.one_of(
    st.tuples(st.just("turn"), names),
    st.tuples(st.just("turn"), names),
    st.tuples(st.just("kill"), names),
    st.tuples(st.just("leave"), names),
    st.tuples(st.just("jump"), names),
    st.tuples(st.just("away"), names),
    st.tuples(st.just("pass"), st.sampled_from([0.5, 2.0, 2.1, 3.0, 6.0, 6.4, 9.0])),
)


@dataclass
class Office:
    """Workers by name. A killed one keeps what it believed, until its lease is over."""

    roster: PaperRoster = field(default_factory=PaperRoster)
    alive: dict[str, Colleague] = field(default_factory=dict)
    dead: list[Colleague] = field(default_factory=list)
    incarnations: int = 0

    def turn(self, name: str) -> None:
        if name not in self.alive:
            self.incarnations += 1
            self.alive[name] = Colleague(name, self.roster, incarnation=str(self.incarnations))
            # Clocks begin anywhere; only differences mean anything.
            self.alive[name].clock.move(100.0 * self.incarnations)
            self.dead = [one for one in self.dead if one.name != name]  # its place is taken
        self.alive[name].turn()

    def kill(self, name: str) -> None:
        if name in self.alive:
            self.dead.append(self.alive.pop(name))

    def leave(self, name: str) -> None:
        if name in self.alive:
            over = threading.Event()
            over.set()
            self.alive.pop(name).shift.run(over)

    def jump(self, name: str) -> None:
        if name in self.alive:
            self.alive[name].clock.set_wall(timedelta(hours=-1))

    def away(self, name: str) -> None:
        """The database is away while this worker wants to renew; all wait for it together."""
        self.roster.away = True
        if name in self.alive:
            one = self.alive[name]
            over = threading.Event()
            one.shift.before_turn.append(over.set)
            one.shift.begin(over)
            one.shift.before_turn.pop()
            self.everybody_waits(LEASE_S / 3, but=one)
        self.roster.away = False

    def everybody_waits(self, seconds: float, but: Colleague | None = None) -> None:
        for one in [*self.alive.values(), *self.dead]:
            if one is not but:
                one.clock.move(seconds)

    def check(self) -> None:
        everybody = [*self.alive.values(), *self.dead]
        for one, other in combinations(everybody, 2):
            assert not one.holds & other.holds, f"{one.name} and {other.name} hold one part"


@given(st.lists(steps, max_size=60))
def test_no_part_has_two_holders_and_every_part_is_held_again(
    schedule: list[tuple[str, str] | tuple[str, float]],
) -> None:
    office = Office()
    for what, whom in schedule:
        if isinstance(whom, float):
            office.everybody_waits(whom)
        else:
            getattr(office, what)(whom)
        office.check()
    office.turn("a")
    for _ in range(10):
        office.everybody_waits(LEASE_S / 3)
        for name in list(office.alive):
            office.turn(name)
            office.check()
    shares = Counter({name: len(one.holds) for name, one in office.alive.items()})
    assert shares.total() == PARTS
    assert max(shares.values()) - min(shares.values()) <= 1


@given(st.lists(st.sampled_from(["old", "new"]), max_size=12))
def test_two_processes_under_one_name_never_drive_each_other_out(turns: list[str]) -> None:
    roster = PaperRoster()
    old, new = Colleague("a", roster), Colleague("a", roster, incarnation="second")
    ended: set[str] = set()
    old.turn()
    for who in turns:
        if who in ended:
            continue
        try:
            (old if who == "old" else new).turn()
        except WorkerReplaced:
            ended.add(who)
    assert "new" not in ended

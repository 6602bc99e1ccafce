"""Keeps one ``BootClock`` per boot of every device, and corrects the ledger's times by them.

Samples are the births of connections, said and sent at once, and the live events: what a device
sends late is marked historical and only dated. A boot is known from its first birth on, and no
event of a connection comes before the birth that opened it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from cloud.devices.boot_clock import BootClock, Trust
from cloud.devices.tables import DEVICE_BOOT
from cloud.ledger.verdict import Kept
from cloud.storage import in_turn
from cloud.storage.columns import to_ms
from cloud.storage.prepared import Prepared, Rows
from models.wire.envelope import ClockQuality
from models.wire.ids import DeviceId

LONGEST_BOOTID: Final = 64
"""Characters; the kernel's ids have 36. Events under a longer one are not corrected."""

MOST_BOOTS: Final = 32
"""Boots remembered per device, those heard of last: a backlog may reach over many power cuts."""

_TRUST: Final[Mapping[ClockQuality, Trust]] = {
    ClockQuality.UNSET: Trust.UNSET,
    ClockQuality.FREE: Trust.FREE,
    ClockQuality.SYNCHRONISED: Trust.SYNCHRONISED,
}
_MINE: Final = DEVICE_BOOT.c.device == bindparam("device")
_LOAD: Final = Prepared(select(DEVICE_BOOT.c.bootid, DEVICE_BOOT.c.clock).where(_MINE))
_SAVE: Final = Prepared(
    update(DEVICE_BOOT)
    .where(_MINE, DEVICE_BOOT.c.bootid == bindparam("boot"))
    .values(clock=bindparam("clock"), heard_ms=bindparam("heard_ms"))
)
_ADD: Final = Prepared(
    insert(DEVICE_BOOT).values(
        device=bindparam("device"),
        bootid=bindparam("boot"),
        clock=bindparam("clock"),
        heard_ms=bindparam("heard_ms"),
    )
)
_NEWEST: Final = (
    select(DEVICE_BOOT.c.bootid)
    .where(_MINE)
    .order_by(DEVICE_BOOT.c.heard_ms.desc(), DEVICE_BOOT.c.bootid)
    .limit(MOST_BOOTS)
)
_PRUNE: Final = Prepared(delete(DEVICE_BOOT).where(_MINE, DEVICE_BOOT.c.bootid.not_in(_NEWEST)))
"""A device that invents boots only forgets its own."""

_SAID_ALIKE: Final = attrgetter("batch", "fact.bootid", "fact.clockquality", "fact.historical")
"""A batch comes from one device at one moment."""

_MONOTONIC_MS: Final = attrgetter("fact.monotonic_ms")


class Boot(NamedTuple):
    """One boot of one device."""

    device: DeviceId
    bootid: str


class _Mark(NamedTuple):
    """What some facts that arrived together say about their boot's clock, all in milliseconds."""

    monotonic_ms: int
    wall_ms: int
    received_ms: int
    trust: Trust
    live: bool


class _Told(NamedTuple):
    """Neighbours among the facts that say alike of one boot: their monotonic times, in order."""

    boot: Boot
    monotonics_ms: Sequence[int | None]
    mark: _Mark | None

    def corrected(self, clocks: Mapping[Boot, BootClock]) -> Sequence[int | None]:
        """When each of them was captured; None where that cannot be told."""
        if self.mark is None:
            return [None] * len(self.monotonics_ms)
        return clocks[self.boot].times_ms(self.monotonics_ms)


class _Learned(NamedTuple):
    """What was known of some boots' clocks, what is known now, and when each was heard of."""

    known: Mapping[Boot, BootClock]
    clocks: Mapping[Boot, BootClock]
    heard_ms: Mapping[Boot, int]


class BootClocks:
    """The ledger's ``Timekeeper``, over a table of its own. Safe from any thread."""

    def recall(self, connection: Connection, devices: Collection[DeviceId]) -> _Recollection:
        """See ``Timekeeper``."""
        return _Recollection(_ask(connection, devices))


class _Recollection:
    """Implements the ledger's ``Recollection``."""

    def __init__(self, asked: Mapping[DeviceId, Rows]) -> None:
        self._asked = asked
        self._learned = _Learned({}, {}, {})

    def correct(self, kept: Sequence[Kept]) -> list[int | None]:
        """See ``Recollection``."""
        told = [_told(list(those)) for _, those in groupby(kept, _SAID_ALIKE)]
        marks: dict[Boot, list[_Mark]] = defaultdict(list)
        for one in told:
            if one.mark is not None:
                marks[one.boot].append(one.mark)
        known = _known(self._asked, marks)
        clocks = {boot: learned(known.get(boot, BootClock()), said) for boot, said in marks.items()}
        heard_ms = {boot: max(mark.received_ms for mark in said) for boot, said in marks.items()}
        self._learned = _Learned(known, clocks, heard_ms)
        return [time_ms for one in told for time_ms in one.corrected(clocks)]

    def save(self, connection: Connection) -> None:
        """See ``Recollection``."""
        _save(connection, self._learned)


def heard_birth(
    connection: Connection, device: DeviceId, bootid: str, monotonic_ms: int | None, at: datetime
) -> None:
    """Take the sample in a birth; one without a readable monotonic time gives none."""
    if monotonic_ms is None or not _usable(bootid):
        return
    in_turn(connection, "ledger")  # ``correct`` runs in this turn and changes the same rows
    boot, at_ms = Boot(device, bootid), to_ms(at)
    known = _known(_ask(connection, [device]), [boot])
    clock = known.get(boot, BootClock()).hear(monotonic_ms, at_ms)
    _save(connection, _Learned(known, {boot: clock}, {boot: at_ms}))


def learned(clock: BootClock, marks: Sequence[_Mark]) -> BootClock:
    """The clock after the facts of one transaction, fixed as far as they reach."""
    arrivals = _last_of_each_arrival(marks)
    live = _last_of_each_arrival([mark for mark in marks if mark.live])
    for mark in live:
        clock = clock.hear(mark.monotonic_ms, mark.received_ms)
    if clock.trust is not Trust.HEARD:
        witness = max(marks, key=lambda mark: (mark.trust, mark.monotonic_ms))
        clock = clock.believe(witness.monotonic_ms, witness.wall_ms, witness.trust)
    for mark in arrivals:
        clock = clock.tell(mark.monotonic_ms, mark.received_ms)
    return clock


def _last_of_each_arrival(marks: Iterable[_Mark]) -> list[_Mark]:
    """Of what arrived together, the newest fact says the most."""
    last: dict[int, _Mark] = {}
    for mark in marks:
        last[mark.received_ms] = max(mark, last.get(mark.received_ms, mark))
    return sorted(last.values(), key=lambda mark: mark.received_ms)


def _told(those: Sequence[Kept]) -> _Told:
    first, monotonics_ms = those[0], list(map(_MONOTONIC_MS, those))
    boot = Boot(first.batch.lane.device.device, first.fact.bootid)
    dated = those if None not in monotonics_ms else [one for one in those if _is_dated(one)]
    if not dated or not _usable(boot.bootid):
        return _Told(boot, monotonics_ms, None)
    return _Told(boot, monotonics_ms, _mark_of(max(dated, key=_MONOTONIC_MS)))


def _mark_of(one: Kept) -> _Mark:
    fact, received_ms = one.fact, one.batch.received_ms
    assert fact.monotonic_ms is not None, "the others were left out"
    wall_ms = min(fact.time_ms, received_ms)
    trust = _TRUST[fact.clockquality]
    return _Mark(fact.monotonic_ms, wall_ms, received_ms, trust, not fact.historical)


def _is_dated(one: Kept) -> bool:
    return one.fact.monotonic_ms is not None


def _usable(bootid: str) -> bool:
    return 0 < len(bootid) <= LONGEST_BOOTID and bootid.isprintable()


def _ask(connection: Connection, devices: Iterable[DeviceId]) -> dict[DeviceId, Rows]:
    return {device: _LOAD(connection, {"device": device}) for device in sorted(devices)}


def _known(asked: Mapping[DeviceId, Rows], wanted: Collection[Boot]) -> dict[Boot, BootClock]:
    return {
        boot: msgspec.json.decode(clock, type=BootClock)
        for device, rows in asked.items()
        for bootid, clock in rows.fetchall()
        if (boot := Boot(device, bootid)) in wanted
    }


def _save(connection: Connection, learned: _Learned) -> None:
    known, clocks, heard_ms = learned
    for boot, clock in clocks.items():
        if clock == known.get(boot):
            continue
        text = msgspec.json.encode(clock).decode()
        saved = {"device": boot.device, "boot": boot.bootid, "clock": text}
        (_SAVE if boot in known else _ADD)(connection, {**saved, "heard_ms": heard_ms[boot]})
    for device in {boot.device for boot in clocks if boot not in known}:
        _PRUNE(connection, {"device": device})

"""Keeps one ``BootClock`` per boot of every device, and corrects the ledger's times by them.

Samples are the births of connections, said and sent at once, and the live events: what a device
sends late is marked historical and only dated. A boot is known from its first birth on, and no
event of a connection comes before the birth that opened it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
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


_Stored = Mapping[Boot, str]
"""Clocks as they are stored."""


class _Learned(NamedTuple):
    """The clocks that have changed, which boots were known before, and when each was heard of."""

    changed: _Stored
    known: Collection[Boot]
    heard_ms: Mapping[Boot, int]


class BootClocks:
    """The ledger's ``Timekeeper``, over a table of its own. Safe from any thread."""

    def recall(
        self, connection: Connection, devices: Collection[DeviceId]
    ) -> Callable[[], _Recollection]:
        """See ``Timekeeper``."""
        found = _ask(connection, devices)
        return lambda: _Recollection(devices, found())


class _Recollection:
    """Implements the ledger's ``Recollection``."""

    def __init__(self, devices: Collection[DeviceId], stored: _Stored) -> None:
        self._devices = devices
        self._stored = stored
        self._learned = _Learned({}, (), {})

    def correct(self, kept: Sequence[Kept]) -> list[int | None]:
        """See ``Recollection``."""
        told = [_told(list(those)) for _, those in groupby(kept, _SAID_ALIKE)]
        marks: dict[Boot, list[_Mark]] = defaultdict(list)
        for one in told:
            if one.mark is not None:
                marks[one.boot].append(one.mark)
        clocks = {boot: learned(_known(boot, self._stored), said) for boot, said in marks.items()}
        heard_ms = {boot: max(mark.received_ms for mark in said) for boot, said in marks.items()}
        self._learned = _learned(clocks, self._stored, heard_ms)
        return [time_ms for one in told for time_ms in one.corrected(clocks)]

    def save(self, connection: Connection) -> None:
        """See ``Recollection``."""
        _save(connection, self._learned)

    def after(self, before: _Recollection) -> _Recollection:
        """See ``Recollection``. Boots that are pruned then are not left out."""
        changed = before._learned.changed.items()
        ours = {boot: clock for boot, clock in changed if boot.device in self._devices}
        return _Recollection(self._devices, {**self._stored, **ours})

    def agrees(self, other: _Recollection | None) -> bool:
        """See ``Recollection``."""
        return other is not None and self._stored == other._stored  # noqa: SLF001 - of its own kind


def heard_birth(
    connection: Connection, device: DeviceId, bootid: str, monotonic_ms: int | None, at: datetime
) -> None:
    """Take the sample in a birth; one without a readable monotonic time gives none."""
    if monotonic_ms is None or not _usable(bootid):
        return
    in_turn(connection, "ledger")  # ``correct`` runs in this turn and changes the same rows
    boot, at_ms = Boot(device, bootid), to_ms(at)
    stored = _ask(connection, [device])()
    clock = _known(boot, stored).hear(monotonic_ms, at_ms)
    _save(connection, _learned({boot: clock}, stored, {boot: at_ms}))


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


def _ask(connection: Connection, devices: Iterable[DeviceId]) -> Callable[[], _Stored]:
    asked: dict[DeviceId, Rows] = {
        device: _LOAD(connection, {"device": device}) for device in sorted(devices)
    }
    return lambda: {
        Boot(device, bootid): clock
        for device, rows in asked.items()
        for bootid, clock in rows.fetchall()
    }


def _known(boot: Boot, stored: _Stored) -> BootClock:
    clock = stored.get(boot)
    return BootClock() if clock is None else msgspec.json.decode(clock, type=BootClock)


def _learned(
    clocks: Mapping[Boot, BootClock], stored: _Stored, heard_ms: Mapping[Boot, int]
) -> _Learned:
    written = {boot: msgspec.json.encode(clock).decode() for boot, clock in clocks.items()}
    changed = {boot: clock for boot, clock in written.items() if clock != stored.get(boot)}
    return _Learned(changed, stored.keys(), heard_ms)


def _save(connection: Connection, learned: _Learned) -> None:
    changed, known, heard_ms = learned
    for boot, clock in changed.items():
        saved = {"device": boot.device, "boot": boot.bootid, "clock": clock}
        (_SAVE if boot in known else _ADD)(connection, {**saved, "heard_ms": heard_ms[boot]})
    for device in {boot.device for boot in changed if boot not in known}:
        _PRUNE(connection, {"device": device})

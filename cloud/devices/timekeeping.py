"""Keeps one ``BootClock`` per boot of every device, and corrects the ledger's times by them.

Samples are the births of connections, said and sent at once, and the live events: what a device
sends late is marked historical and only dated. A boot is known from its first birth on, and no
event of a connection comes before the birth that opened it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from cloud.devices.boot_clock import BootClock, Trust
from cloud.devices.tables import DEVICE_BOOT
from cloud.ledger.verdict import Kept
from cloud.storage import in_turn
from cloud.storage.columns import to_ms
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
_LOAD: Final = select(DEVICE_BOOT).where(
    DEVICE_BOOT.c.device.in_(bindparam("devices", expanding=True))
)
_SAVE: Final = (
    update(DEVICE_BOOT)
    .where(DEVICE_BOOT.c.device == bindparam("of"), DEVICE_BOOT.c.bootid == bindparam("boot"))
    .values(clock=bindparam("clock"), heard_ms=bindparam("heard_ms"))
)

_ADD: Final = insert(DEVICE_BOOT)


class Boot(NamedTuple):
    """One boot of one device."""

    device: DeviceId
    bootid: str


class _Mark(NamedTuple):
    """What one fact says about its boot's clock, all in milliseconds."""

    monotonic_ms: int
    wall_ms: int
    received_ms: int
    trust: Trust
    live: bool


class BootClocks:
    """The ledger's ``Timekeeper``, over a table of its own. Safe from any thread."""

    def correct(self, connection: Connection, kept: Sequence[Kept]) -> list[int | None]:
        """See ``Timekeeper``; what is learned from the facts is stored in the same transaction."""
        boots = [_boot_of(one) for one in kept]
        marks: dict[Boot, list[_Mark]] = {}
        for boot, one in zip(boots, kept, strict=True):
            if boot is not None:
                marks.setdefault(boot, []).append(_mark_of(one))
        known = _load(connection, marks)
        clocks = {boot: learned(known.get(boot, BootClock()), said) for boot, said in marks.items()}
        heard_ms = {boot: max(mark.received_ms for mark in said) for boot, said in marks.items()}
        _save(connection, known, clocks, heard_ms)
        return [_corrected(clocks, boot, one) for boot, one in zip(boots, kept, strict=True)]


def heard_birth(
    connection: Connection, device: DeviceId, bootid: str, monotonic_ms: int | None, at: datetime
) -> None:
    """Take the sample in a birth; one without a readable monotonic time gives none."""
    if monotonic_ms is None or not _usable(bootid):
        return
    in_turn(connection, "ledger")  # ``correct`` runs in this turn and changes the same rows
    boot, at_ms = Boot(device, bootid), to_ms(at)
    known = _load(connection, [boot])
    clock = known.get(boot, BootClock()).hear(monotonic_ms, at_ms)
    _save(connection, known, {boot: clock}, {boot: at_ms})


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


def _boot_of(one: Kept) -> Boot | None:
    fact = one.fact
    if fact.monotonic_ms is None or not _usable(fact.bootid):
        return None
    return Boot(one.batch.lane.device.device, fact.bootid)


def _usable(bootid: str) -> bool:
    return 0 < len(bootid) <= LONGEST_BOOTID and bootid.isprintable()


def _mark_of(one: Kept) -> _Mark:
    fact, received_ms = one.fact, one.batch.received_ms
    assert fact.monotonic_ms is not None, "_boot_of has seen to it"
    wall_ms = min(fact.time_ms, received_ms)
    trust = _TRUST[fact.clockquality]
    return _Mark(fact.monotonic_ms, wall_ms, received_ms, trust, not fact.historical)


def _corrected(clocks: Mapping[Boot, BootClock], boot: Boot | None, one: Kept) -> int | None:
    if boot is None or one.fact.monotonic_ms is None:
        return None
    return clocks[boot].time_ms(one.fact.monotonic_ms)


def _load(connection: Connection, boots: Iterable[Boot]) -> dict[Boot, BootClock]:
    wanted = frozenset(boots)
    devices = sorted({boot.device for boot in wanted})
    rows = connection.execute(_LOAD, {"devices": devices}) if devices else ()
    return {
        boot: msgspec.json.decode(row.clock, type=BootClock)
        for row in rows
        if (boot := Boot(row.device, row.bootid)) in wanted
    }


def _save(
    connection: Connection,
    known: Mapping[Boot, BootClock],
    clocks: Mapping[Boot, BootClock],
    heard_ms: Mapping[Boot, int],
) -> None:
    for boot, clock in clocks.items():
        if clock == known.get(boot):
            continue
        values = {"clock": msgspec.json.encode(clock).decode(), "heard_ms": heard_ms[boot]}
        if boot in known:
            connection.execute(_SAVE, {"of": boot.device, "boot": boot.bootid, **values})
        else:
            connection.execute(_ADD, {"device": boot.device, "bootid": boot.bootid, **values})
    for device in {boot.device for boot in clocks if boot not in known}:
        _prune(connection, device)


def _prune(connection: Connection, device: DeviceId) -> None:
    """A device that invents boots only forgets its own."""
    mine = DEVICE_BOOT.c.device == device
    newest = (
        select(DEVICE_BOOT.c.bootid)
        .where(mine)
        .order_by(DEVICE_BOOT.c.heard_ms.desc(), DEVICE_BOOT.c.bootid)
        .limit(MOST_BOOTS)
    )
    connection.execute(delete(DEVICE_BOOT).where(mine, DEVICE_BOOT.c.bootid.not_in(newest)))

"""Keeps the births of every device, with what is odd about them: a twin, a clone, an older disk.

Three things cannot happen to one healthy box, and each is noted with the birth that shows it:

- A *process* (boot id and start) that is born again after another one was: a box runs one agent,
  and one that has ended does not come back. So two live under one name (``other``).
- An *epoch* that two boxes have named: epochs are random and made with the outbox file, so the
  file was copied (``shared``, ``owner``).
- A last sequence that lies *behind* what the ledger has settled of that epoch: the file is older
  than what it has sent already, so it was put back (``behind``).

A fourth cannot happen to a healthy ledger: that it lacks what it acknowledged under its present
generation (``forgotten``). Then an older one was put back and nobody has said so.

Works inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select

from cloud.devices.tables import DEVICE, DEVICE_BIRTH, DEVICE_EPOCH
from cloud.ledger.generation import read_generation
from cloud.ledger.promised import MOST_EPOCHS, asked_about, count, missing, streams_of
from cloud.ledger.watermark import settled
from cloud.storage import in_turn
from cloud.storage.columns import to_ms
from models.wire.ack import EpochSettled
from models.wire.birth import Birth, EpochHeld
from models.wire.envelope import monotonic_ms
from models.wire.ids import DeviceId, DevicePath, is_epoch

MOST_BIRTHS: Final = 64
"""Births kept per device, the newest ones: two that throw each other off come every second."""

MOST_NAMED: Final = 256
"""Epochs remembered per device; one that invents more is not asked where it has them from."""

_MOST: Final = 2**62
"""What a column takes; whoever claims more lies."""

_LONGEST: Final = 64
"""Characters of an id; a birth with a longer one is not looked at."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a birth says of the box behind it.

    Attributes:
        process: boot id and start of the agent that speaks.
        age_ms: milliseconds since that boot; None where it does not say.
    """

    process: tuple[str, str]
    age_ms: int | None
    epochs: frozenset[str]

    def before(self, other: Said) -> bool:
        """Whether this was certainly said before the other, whatever came first."""
        if self.age_ms is None or other.age_ms is None or self.process[0] != other.process[0]:
            return False
        return self.age_ms <= other.age_ms


@dataclass(frozen=True, slots=True)
class Oddity:
    """What is odd about a birth; all empty for a healthy one. The names are the table's."""

    other: str = ""
    shared: str = ""
    owner: str = ""
    behind: int = 0
    forgotten: int = 0
    forgotten_of: str = ""


def note(
    connection: Connection, path: DevicePath, birth: Birth, at: datetime, *, retained: bool = False
) -> Oddity:
    """Keep a birth and what is odd about it, which is returned: nothing for one that was kept.

    Idempotent per birth id, as long as it is kept. A database that was put back has forgotten those
    since; a ``retained`` one of them comes again beside events that its box has sent later, so that
    the ledger being ahead of it says nothing about the outbox.
    """
    if not _usable(birth):
        return Oddity()
    in_turn(connection, "births")  # so that numbers become visible in their order
    rows = _earlier(connection, path.device)
    if any(row.birth == birth.birth for row in rows):
        return Oddity()
    held = _held(birth)
    said = Said((birth.bootid, birth.started_at), monotonic_ms(birth.monotonic), frozenset(held))
    oddity = twin(said, [_said(row) for row in rows], path.device)
    known = settled(connection, path, asked_about(birth))
    if not retained:
        oddity = replace(oddity, behind=behind(held, known))
    if birth.ledger == read_generation(connection):
        lacks = missing(birth.acknowledged, known)
        streams = ", ".join(streams_of(lacks))
        oddity = replace(oddity, forgotten=min(count(lacks), _MOST), forgotten_of=streams)
    stranger = _claim(connection, path.device, said.epochs)
    if stranger is not None:
        oddity = replace(oddity, shared=stranger[0], owner=stranger[1])
    row = _row(path.device, birth, said, oddity, at)
    connection.execute(insert(DEVICE_BIRTH).values(row))
    _prune(connection, path.device)
    return oddity


def twin(said: Said, earlier: Sequence[Said], device: DeviceId) -> Oddity:
    """Whether a process that was outlived by another one speaks again. Pure.

    ``earlier`` are the device's other births, the newest first.
    """
    if not earlier or earlier[0].process == said.process or said.before(earlier[0]):
        return Oddity()
    if all(each.process != said.process for each in earlier):
        return Oddity()
    other = earlier[0].process
    common = _epochs_of(said.process, [said, *earlier]) & _epochs_of(other, earlier)
    return Oddity(
        other="/".join(other), shared=min(common, default=""), owner=device if common else ""
    )


def behind(held: Mapping[str, EpochHeld], known: Iterable[EpochSettled]) -> int:
    """How many sequences the ledger has settled that the outbox has not yet given out. Pure."""
    return sum(
        max(0, ranges[-1][1] - held[each.epoch].streams.get(stream, 0))
        for each in known
        if each.epoch in held
        for stream, ranges in each.streams.items()
        if ranges
    )


def _epochs_of(process: tuple[str, str], births: Iterable[Said]) -> frozenset[str]:
    return frozenset().union(*(each.epochs for each in births if each.process == process))


def _usable(birth: Birth) -> bool:
    texts = (birth.birth, birth.bootid, birth.started_at)
    return all(0 < len(text) <= _LONGEST and text.isprintable() for text in texts)


def _held(birth: Birth) -> dict[str, EpochHeld]:
    """The epochs that it names, without those that are none of ours."""
    return {held.epoch: held for held in birth.epochs[:MOST_EPOCHS] if is_epoch(held.epoch)}


def _said(row: Row[Any]) -> Said:
    return Said((row.bootid, row.started), row.monotonic_ms, frozenset(row.epochs.split()))


def _earlier(connection: Connection, device: DeviceId) -> Sequence[Row[Any]]:
    mine = select(DEVICE_BIRTH).where(DEVICE_BIRTH.c.device == device)
    return connection.execute(mine.order_by(DEVICE_BIRTH.c.number.desc()).limit(MOST_BIRTHS)).all()


def _claim(
    connection: Connection, device: DeviceId, epochs: frozenset[str]
) -> tuple[str, DeviceId] | None:
    """Note whose epochs these are; returns one that another enrolled device has named before.

    A box that was enrolled under a new name keeps its outbox: its old name is revoked by then.
    """
    rows = connection.execute(
        select(DEVICE_EPOCH.c.epoch, DEVICE_EPOCH.c.device, DEVICE.c.revoked_ms)
        .join_from(DEVICE_EPOCH, DEVICE, DEVICE.c.device == DEVICE_EPOCH.c.device)
        .where(DEVICE_EPOCH.c.epoch.in_(epochs))
        .order_by(DEVICE_EPOCH.c.epoch, DEVICE_EPOCH.c.device)
    ).all()
    new = epochs - {row.epoch for row in rows if row.device == device}
    named = select(func.count()).where(DEVICE_EPOCH.c.device == device)
    if not new or connection.execute(named).scalar_one() >= MOST_NAMED:
        return None
    values = [{"epoch": each, "device": device} for each in sorted(new)]
    connection.execute(insert(DEVICE_EPOCH), values)
    strangers = (row for row in rows if row.device != device and row.revoked_ms is None)
    return next(((row.epoch, row.device) for row in strangers if row.epoch in new), None)


def _row(
    device: DeviceId, birth: Birth, said: Said, oddity: Oddity, at: datetime
) -> dict[str, object]:
    return {
        "device": device,
        "birth": birth.birth,
        "bootid": birth.bootid,
        "started": birth.started_at,
        "monotonic_ms": said.age_ms,
        "epochs": " ".join(sorted(said.epochs)),
        "at_ms": to_ms(at),
        **asdict(oddity),
    }


def _prune(connection: Connection, device: DeviceId) -> None:
    mine = DEVICE_BIRTH.c.device == device
    oldest = (
        select(DEVICE_BIRTH.c.number)
        .where(mine)
        .order_by(DEVICE_BIRTH.c.number.desc())
        .offset(MOST_BIRTHS)
        .limit(1)
    )
    number = connection.execute(oldest).scalar_one_or_none()
    if number is not None:
        connection.execute(delete(DEVICE_BIRTH).where(mine, DEVICE_BIRTH.c.number <= number))

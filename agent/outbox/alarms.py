"""Alarms of the outbox: shown by ``status`` and ``doctor`` until a person has acknowledged them.

A file of JSON lines beside the outbox, because the outbox itself may be what is in trouble. Writing
one is durable; nothing here is personal.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

KEPT: Final = 100
"""Alarms remembered, acknowledged ones included; beyond it the oldest go."""


class Alarm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that a person should look at.

    Attributes:
        at: when it was raised, aware UTC.
        name: a stable word, such as ``outbox_salvaged``.
        message: what happened and what to do next.
        acknowledged_at: when somebody said that they have seen it.
    """

    at: datetime
    name: str
    message: str
    acknowledged_at: datetime | None = None


_ALARMS = msgspec.json.Decoder(Alarm)


def alarms_file(outbox: Path) -> Path:
    """Where the alarms of an outbox lie."""
    return outbox.with_name(f"{outbox.name}.alarms")


def read_alarms(outbox: Path, *, acknowledged: bool = False) -> list[Alarm]:
    """The open alarms, the oldest first, or all of them. A line that cannot be read is left out."""
    try:
        lines = alarms_file(outbox).read_bytes().splitlines()
    except OSError:
        return []
    alarms = [alarm for line in lines if (alarm := _decode(line)) is not None]
    return [alarm for alarm in alarms if acknowledged or alarm.acknowledged_at is None]


def raise_alarm(outbox: Path, alarm: Alarm) -> None:
    """Add an alarm; raises OSError where the disk does not take it."""
    _write(outbox, [*read_alarms(outbox, acknowledged=True), alarm][-KEPT:])


def acknowledge_alarms(outbox: Path, at: datetime) -> int:
    """Somebody has seen them; returns how many were open. Raises OSError as ``raise_alarm``."""
    alarms = read_alarms(outbox, acknowledged=True)
    seen = sum(alarm.acknowledged_at is None for alarm in alarms)
    if seen:
        _write(outbox, [_seen(alarm, at) for alarm in alarms])
    return seen


def _seen(alarm: Alarm, at: datetime) -> Alarm:
    if alarm.acknowledged_at is not None:
        return alarm
    return msgspec.structs.replace(alarm, acknowledged_at=at)


def _write(outbox: Path, alarms: list[Alarm]) -> None:
    path = alarms_file(outbox)
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as file:
        file.write(b"".join(msgspec.json.encode(alarm) + b"\n" for alarm in alarms))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _decode(line: bytes) -> Alarm | None:
    try:
        return _ALARMS.decode(line)
    except (msgspec.DecodeError, ValueError):
        return None

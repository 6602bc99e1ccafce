"""Whose an epoch is: the last birth that was heard under it, and who can name that.

An outbox remembers the births that were said with it, and each birth names them. A copy of the
outbox does not know what its original has said since, nor the other way round. So whoever names
the last birth that was heard under an epoch is the only one who has spoken there, and goes on; the
birth becomes the last one. Whoever cannot is another copy and has to leave: what the ledger has
settled under the epoch may be the other one's. Its birth is not noted, so the owner stays.

A database that was put back knows an earlier birth, which the owner names as well. Works inside the
caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from cloud.devices.tables import DEVICE_CLAIM
from cloud.ledger.promised import MOST_EPOCHS
from cloud.storage import in_turn
from cloud.storage.columns import to_ms
from models.wire.birth import Birth
from models.wire.ids import DeviceId, is_epoch

MOST_CLAIMS: Final = 256
"""Epochs remembered per device, those claimed last; one that was forgotten belongs to who comes."""

_MOST_BIRTHS: Final = 64
"""Looked at per epoch, the last ones; an outbox tells half as many."""

_LONGEST: Final = 64
"""Characters of an id."""


def claim(connection: Connection, device: DeviceId, birth: Birth, at: datetime) -> list[str]:
    """Note whose the birth's epoch is; returns the epochs that are another copy's.

    Idempotent. A device that does not say what it has said before is not asked.
    """
    said = _usable(birth.said)
    if not said:
        return []
    in_turn(connection, "births")  # two copies may be heard by two workers
    last = _last_heard(connection, device, said)
    forked = [epoch for epoch, births in said.items() if is_forked(last.get(epoch), births)]
    epoch = birth.epochs[0].epoch if birth.epochs else ""
    if epoch not in forked and birth.birth in said.get(epoch, ()):
        _note(connection, device, epoch, birth.birth, at, known=epoch in last)
    return forked


def is_forked(last: str | None, said: Collection[str]) -> bool:
    """Whether an outbox that has said these births is not the one heard last. Pure.

    ``last`` is None for an epoch that nobody has spoken under.
    """
    return last is not None and last not in said


def _usable(said: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    return {
        epoch: [one for one in list(births)[-_MOST_BIRTHS:] if 0 < len(one) <= _LONGEST]
        for epoch, births in list(said.items())[:MOST_EPOCHS]
        if is_epoch(epoch)
    }


def _last_heard(
    connection: Connection, device: DeviceId, epochs: Collection[str]
) -> dict[str, str]:
    rows = select(DEVICE_CLAIM.c.epoch, DEVICE_CLAIM.c.birth).where(
        DEVICE_CLAIM.c.device == device, DEVICE_CLAIM.c.epoch.in_(epochs)
    )
    return {row.epoch: row.birth for row in connection.execute(rows)}


def _note(
    connection: Connection, device: DeviceId, epoch: str, birth: str, at: datetime, *, known: bool
) -> None:
    values = {"birth": birth, "at_ms": to_ms(at)}
    mine = DEVICE_CLAIM.c.device == device
    if known:
        ours = update(DEVICE_CLAIM).where(mine, DEVICE_CLAIM.c.epoch == epoch)
        connection.execute(ours.values(values))
        return
    connection.execute(insert(DEVICE_CLAIM).values(device=device, epoch=epoch, **values))
    newest = select(DEVICE_CLAIM.c.epoch).where(mine).order_by(DEVICE_CLAIM.c.at_ms.desc())
    old = connection.execute(newest.offset(MOST_CLAIMS)).scalars().all()
    if old:
        connection.execute(delete(DEVICE_CLAIM).where(mine, DEVICE_CLAIM.c.epoch.in_(old)))

"""Whoever was merged into another event counts there, and only there.

A device whose disk budget is spent sends the sum of some minutes and names them. It cannot know
that none of them has reached us: one may have been on its way, an older image of its disk may have
sent them, or have merged them too, and otherwise. So:

- of merged events that share a minute the one that holds more counts, and the rest do not;
- what a merged event that counts has named does not count.

Nobody counts twice, whatever arrives in whatever order. Where two lives of one disk have merged the
same minutes in two ways that overlap only in part, the minutes of the lesser one that the greater
lacks are in no figure; the ledger has both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    exists,
    or_,
    select,
    update,
)

from cloud.footfall.tables import PART, REPLACED

_POSITIONS: Final[BindParameter[Any]] = bindparam("positions", expanding=True)


def supersede(connection: Connection, positions: Sequence[int]) -> None:
    """Mark what no longer counts since these parts are there, and what does again."""
    touched = {"positions": positions}
    merged = connection.execute(_TOUCHED_MERGED, touched).scalars().all()
    connection.execute(_SUPERSEDE_NEW, touched)
    if merged:
        touched = {"positions": merged}
        connection.execute(_WEIGH_MERGED, touched)
        connection.execute(_SUPERSEDE_NAMED, touched)


def _same(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """The same event of the same device: nobody names the events of others."""
    return and_(
        one.c.tenant == other.c.tenant,
        one.c.store == other.c.store,
        one.c.device == other.c.device,
        one.c.event_id == other.c.event_id,
    )


def _touched_merged() -> Select[int]:
    """The merged events among the positions, and all that share a minute with one of them."""
    mine, theirs = REPLACED.alias("mine"), REPLACED.alias("theirs")
    return (
        select(theirs.c.position)
        .join_from(mine, theirs, _same(mine, theirs))
        .where(mine.c.position.in_(_POSITIONS))
        .distinct()
    )


def _outdone() -> ColumnElement[bool]:
    """Whether another merged event shares a minute with this one and holds more."""
    mine, theirs, rival = REPLACED.alias("mine"), REPLACED.alias("theirs"), PART.alias("rival")
    holds_more = or_(
        rival.c.replaces > PART.c.replaces,
        and_(
            rival.c.replaces == PART.c.replaces,
            or_(
                rival.c.event_id < PART.c.event_id,
                and_(rival.c.event_id == PART.c.event_id, rival.c.position < PART.c.position),
            ),
        ),
    )
    return exists(
        select(rival.c.position)
        .join_from(mine, theirs, _same(mine, theirs))
        .join(rival, rival.c.position == theirs.c.position)
        .where(mine.c.position == PART.c.position, holds_more)
    )


def _named() -> ColumnElement[bool]:
    """Whether a merged event that counts has named this one."""
    by = PART.alias("by")
    return exists(
        select(by.c.position)
        .join_from(REPLACED, by, by.c.position == REPLACED.c.position)
        .where(_same(REPLACED, PART), by.c.superseded.is_(False))
    )


_PLAIN: Final = PART.c.replaces == 0
_TOUCHED_MERGED: Final = _touched_merged()
_WEIGH_MERGED: Final = (
    update(PART).values(superseded=_outdone()).where(PART.c.position.in_(_POSITIONS))
)
_SUPERSEDE_NEW: Final = (
    update(PART).values(superseded=True).where(PART.c.position.in_(_POSITIONS), _PLAIN, _named())
)
_NAMES: Final = REPLACED.alias("names")
_SUPERSEDE_NAMED: Final = (
    update(PART)
    .values(superseded=_named())
    .where(
        _PLAIN,
        exists(
            select(_NAMES.c.position).where(_same(_NAMES, PART), _NAMES.c.position.in_(_POSITIONS))
        ),
    )
)

"""A till's database of the configuration, and what the status says of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from agent.capture.pos.database.building import database_follower
from agent.capture.pos.database.following import DatabaseFollower
from agent.capture.sources.late import LateSource, Recipe
from agent.capture.sources.source import Surroundings
from agent.config import TillDatabaseSettings
from agent.health.status.tills import SourceKind, SourceStatus


def database_source(
    settings: TillDatabaseSettings, data_dir: Path, around: Surroundings
) -> LateSource[DatabaseFollower]:
    """Reads one database; ``data_dir`` keeps how far."""
    build = partial(_follower, settings, data_dir, around)
    return LateSource(Recipe(settings.name, SourceKind.DATABASE, build, _told))


def _follower(
    settings: TillDatabaseSettings, data_dir: Path, around: Surroundings
) -> DatabaseFollower:
    return database_follower(
        settings,
        around.context,
        sink=around.sink,
        keeping=around.new_keeping().serving(settings.name),
        data_dir=data_dir,
        profiles=around.till_profiles,
        clock=around.clock,
    )


def _told(follower: DatabaseFollower) -> SourceStatus:
    status = follower.status
    return SourceStatus(
        name=status.name,
        kind=SourceKind.DATABASE,
        blocked=status.blocked,
        out_of_room=status.out_of_room,
        at_ease=status.at_ease,
        sales=status.polling.sales,
        set_aside=status.polling.set_aside,
        last_at=status.polling.last_receipt_at,
    )

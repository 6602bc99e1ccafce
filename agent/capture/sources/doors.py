"""A door of the configuration, by which tills and shop platforms post, and how it is."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from agent.capture.pos.web.building import Surroundings as WebSurroundings
from agent.capture.pos.web.building import build_door
from agent.capture.pos.web.server import WebDoor
from agent.capture.sources.late import LateSource, Recipe
from agent.capture.sources.source import Surroundings
from agent.config import WebSettings
from agent.health.status.tills import SourceKind, SourceStatus


def door_source(settings: WebSettings, data_dir: Path, around: Surroundings) -> LateSource[WebDoor]:
    """Listens for posts; ``data_dir`` keeps its answers."""
    build = partial(_door, settings, data_dir, around)
    return LateSource(Recipe(settings.name, SourceKind.WEB, build, partial(_told, settings.name)))


def _door(settings: WebSettings, data_dir: Path, around: Surroundings) -> WebDoor:
    return build_door(
        settings, web_surroundings(settings.name, data_dir, around, settings.poslog_profile)
    )


def web_surroundings(
    name: str, data_dir: Path, around: Surroundings, poslog_profile: str | None = None
) -> WebSurroundings:
    """What a source by web needs, with a quarantine of its own.

    Args:
        name: of the source.
        data_dir: keeps what the source must remember.
        around: what the sources of this box share.
        poslog_profile: names the members' cards that may stand in quarantine; the till's if None.

    Raises:
        BadConfiguration: there is no such profile.
    """
    return WebSurroundings(
        profiles=around.till_profiles,
        data_dir=data_dir,
        context=around.context,
        sink=around.sink,
        keeping=around.new_keeping(poslog_profile).serving(name),
        clock=around.clock,
    )


def _told(name: str, door: WebDoor) -> SourceStatus:
    status = door.status
    silent = "" if status.listening else "it listens no more; restart the agent, and see its log"
    return SourceStatus(
        name=name,
        kind=SourceKind.WEB,
        blocked=silent or status.desk.blocked,
        out_of_room=status.desk.out_of_room,
        at_ease=status.listening and not status.desk.blocked,
        sales=status.desk.sales,
        set_aside=status.desk.set_aside,
        last_at=status.desk.last_sale_at,
    )

"""An Odoo of the configuration, and what the status says of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from agent.capture.pos.web.building import build_puller
from agent.capture.pos.web.odoo import OdooPuller
from agent.capture.sources.doors import web_surroundings
from agent.capture.sources.late import LateSource, Recipe
from agent.capture.sources.source import Surroundings
from agent.config import OdooSettings
from agent.health.status.tills import SourceKind, SourceStatus


def odoo_source(
    settings: OdooSettings, data_dir: Path, around: Surroundings
) -> LateSource[OdooPuller]:
    """Asks one Odoo; ``data_dir`` keeps how far."""
    build = partial(_puller, settings, data_dir, around)
    return LateSource(Recipe(settings.name, SourceKind.ODOO, build, partial(_told, settings.name)))


def _puller(settings: OdooSettings, data_dir: Path, around: Surroundings) -> OdooPuller:
    return build_puller(settings, web_surroundings(settings.name, data_dir, around), around.random)


def _told(name: str, puller: OdooPuller) -> SourceStatus:
    status = puller.status
    return SourceStatus(
        name=name,
        kind=SourceKind.ODOO,
        blocked=status.blocked,
        out_of_room=status.out_of_room,
        at_ease=not status.blocked and status.passes > 0,
        sales=status.sales,
        set_aside=status.set_aside,
        last_at=status.last_sale_at,
    )

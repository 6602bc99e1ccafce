"""Everything that answers HTTP: the API under /v1, the console under /console."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.responses import RedirectResponse, Response

from cloud.access import Door, SessionLife, Sessions
from cloud.access.throttle import Patience, Throttle
from cloud.api import ApiParts, create_api
from cloud.api.app import MOUNTED_AT as API_AT
from cloud.console import ConsoleParts, create_console
from cloud.console.painter import Painter
from cloud.console.places import MOUNTED_AT as CONSOLE_AT
from cloud.console.pulse import Pulse
from cloud.devices import CameraDrawings
from cloud.foundations import Foundations


@dataclass(frozen=True, slots=True)
class Site:
    """The application, its door, and the event that ends its streams before the server stops."""

    app: FastAPI
    door: Door
    closing: threading.Event


def build_site(base: Foundations) -> Site:
    """Put API and console together over the same foundations. Opens no port."""
    door, closing = _door(base), threading.Event()
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.mount(API_AT, create_api(_api_parts(base)))
    app.mount(CONSOLE_AT, create_console(_console_parts(base, door, closing)))

    @app.get("/")
    def start() -> Response:
        return RedirectResponse(f"{CONSOLE_AT}/")

    return Site(app, door, closing)


def _door(base: Foundations) -> Door:
    sessions = Sessions(base.engine, clock=base.clock, random=os.urandom, life=SessionLife())
    return Door(base.engine, base.password, sessions, Throttle(base.clock, Patience()), base.audit)


def _api_parts(base: Foundations) -> ApiParts:
    return ApiParts(
        engine=base.engine,
        clock=base.clock,
        random=os.urandom,
        audit=base.audit,
        tokens=base.tokens,
        registry=base.registry,
        fleet=base.fleet,
        journal=base.journal,
        figures=base.figures,
        directory=base.directory,
        cards=base.cards,
        alarms=base.alarms,
    )


def _console_parts(base: Foundations, door: Door, closing: threading.Event) -> ConsoleParts:
    return ConsoleParts(
        engine=base.engine,
        clock=base.clock,
        random=os.urandom,
        audit=base.audit,
        door=door,
        fleet=base.fleet,
        figures=base.figures,
        directory=base.directory,
        cards=base.cards,
        letters=base.dead_letters,
        alarms=base.alarms,
        drawings=CameraDrawings(base.engine, base.audit),
        painter=Painter.load(base.clock, base.alarms.unseen),
        pulse=Pulse(base.engine, base.fleet, base.alarms, base.clock),
        closing=closing,
    )

"""The addresses of the page, put together from its parts."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import ceil

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agent.errors import AgentError
from agent.replica import Replica
from agent.tablet.assets import Assets
from agent.tablet.guard import Guard
from agent.tablet.line import Line
from agent.tablet.live import LiveHub
from agent.tablet.machines import Machines
from agent.tablet.pages import Pages, Room
from agent.tablet.paint import Paint
from agent.tablet.patience import Patience
from agent.tablet.screen import Screens, Shop
from agent.tablet.sights import Sights
from models.runtime.clock import Clock

_MOST_BODY_BYTES = 2_048  # two short fields


@dataclass(frozen=True, slots=True)
class Limits:
    """What a guide may do, and for how long.

    Attributes:
        show_s: name and numbers stay in full for so long.
        searches_per_minute: per client; more look like guessing.
        idle_s: a view nobody used for so long has ended.
        heartbeat_s: a sign of life on every stream; the line to the cloud is looked at as often.
    """

    show_s: float = 20.0
    searches_per_minute: int = 30
    idle_s: float = 1_800.0
    heartbeat_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Site:
    """The application, and the hub that must be closed before it can stop."""

    app: Starlette
    hub: LiveHub


def build_site(
    replica: Replica,
    *,
    line: Line,
    clock: Clock,
    shop: Shop,
    limits: Limits,
    random: Callable[[int], bytes] = os.urandom,
) -> Site:
    """Put the page together. Reads its templates, words and files; opens no port."""
    assets = Assets.load()
    sights = Sights(clock, random, limits.idle_s)
    hub = LiveHub(replica.changes, sights, limits.heartbeat_s)
    room = Room(
        replica=replica,
        line=line,
        clock=clock,
        paint=Paint(assets, {"shop_name": shop.name, "show_s": ceil(limits.show_s)}),
        screens=Screens(shop),
        sights=sights,
        hub=hub,
        patience=Patience(clock, limits.searches_per_minute),
        show_s=limits.show_s,
    )
    return Site(_application(Pages(room), Machines(replica, hub), assets, hub), hub)


def _application(pages: Pages, machines: Machines, assets: Assets, hub: LiveHub) -> Starlette:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with hub.running():
            yield

    return Starlette(
        routes=[
            Route("/", pages.start),
            Route("/search", _to_start),
            Route("/search", pages.search, methods=["POST"]),
            Route("/views/{token}", pages.show),
            Route("/views/{token}/live", pages.live),
            Route("/views/{token}/show", pages.unmask, methods=["POST"]),
            Route("/views/{token}/hide", pages.mask, methods=["POST"]),
            Route("/live", machines.sales),
            Route("/healthz", machines.health),
            Route("/static/{name}", assets.answer),
        ],
        middleware=[Middleware(Guard)],
        exception_handlers={HTTPException: pages.failed, AgentError: pages.failed},
        lifespan=lifespan,
        max_body_size=_MOST_BODY_BYTES,
    )


async def _to_start(_request: Request) -> Response:
    """``GET /search``: where the address of a posted search leads when it is opened again."""
    return RedirectResponse("/", 303)

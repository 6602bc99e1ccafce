"""The addresses of the page, put together from its parts."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agent.errors import AgentError
from agent.health.status import Status
from agent.replica import Replica
from agent.tablet.line import Line
from agent.tablet.live import LiveHub
from agent.tablet.machines import Machines
from agent.tablet.pages import Pages, Room
from agent.tablet.paint import Paint
from agent.tablet.patience import Patience
from agent.tablet.protection import protection
from agent.tablet.screen import Screens, Shop
from agent.tablet.sights import Sights
from agent.tablet.status import StatusPages
from models.runtime.clock import Clock
from models.web.assets import Assets

if TYPE_CHECKING:
    from agent.tablet.setup.pages import SetupParts

_FOLDER: Final = Path(__file__).parent / "static"
_MOST_BODY_BYTES: Final = 2_048  # two short fields


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
    """The application, and what ends its streams before it can stop."""

    app: Starlette
    closing: tuple[Callable[[], None], ...]

    def close(self) -> None:
        """End every stream. Call it in the event loop."""
        for each in self.closing:
            each()


def build_site(
    replica: Replica,
    *,
    line: Line,
    clock: Clock,
    shop: Shop,
    limits: Limits,
    figures: CollectorRegistry,
    status: Callable[[], Status] | None = None,
    guide: bool = True,
    setup: SetupParts | None = None,
    random: Callable[[int], bytes] = os.urandom,
) -> Site:
    """Put the pages together. Reads their templates, words and files; opens no port.

    ``status`` adds the status page, ``setup`` the cameras'; without ``guide`` the guide's page is
    left out.
    """
    assets = Assets.load(_FOLDER, "/static")
    sights = Sights(clock, random, limits.idle_s)
    hub = LiveHub(replica.changes, sights, limits.heartbeat_s)
    known = {
        "shop_name": shop.name,
        "show_s": ceil(limits.show_s),
        "has_status": status is not None,
        "has_setup": setup is not None,
    }
    paint = Paint(assets, known)
    room = Room(
        replica=replica,
        line=line,
        clock=clock,
        paint=paint,
        screens=Screens(shop),
        sights=sights,
        hub=hub,
        patience=Patience(clock, limits.searches_per_minute),
        show_s=limits.show_s,
    )
    pages, machines = Pages(room), Machines(replica, hub, figures)
    routes = _guide_routes(pages) if guide else [Route("/", _to_status)]
    if status is not None:
        routes += _status_routes(StatusPages(status, paint, shop.timezone))
    closing = [hub.close]
    if setup is not None:
        # Only a box with a camera loads it.
        from agent.tablet.setup.pages import SetupPages  # noqa: PLC0415

        setup_pages = SetupPages(setup, paint, room.line_screen)
        routes += setup_pages.routes()
        closing.append(setup_pages.live.close)
    routes += _machine_routes(machines, assets)
    return Site(_application(routes, pages, hub), tuple(closing))


def _guide_routes(pages: Pages) -> list[Route]:
    return [
        Route("/", pages.start),
        Route("/search", _to_start),
        Route("/search", pages.search, methods=["POST"]),
        Route("/views/{token}", pages.show),
        Route("/views/{token}/live", pages.live),
        Route("/views/{token}/show", pages.unmask, methods=["POST"]),
        Route("/views/{token}/hide", pages.mask, methods=["POST"]),
    ]


def _status_routes(pages: StatusPages) -> list[Route]:
    return [
        Route("/status", pages.page),
        Route("/status/now", pages.now),
        Route("/status.json", pages.json),
    ]


def _machine_routes(machines: Machines, assets: Assets) -> list[Route]:
    return [
        Route("/live", machines.sales),
        Route("/healthz", machines.health),
        Route("/metrics", machines.metrics),
        Route("/static/{name}", _serving(assets)),
    ]


def _application(routes: list[Route], pages: Pages, hub: LiveHub) -> Starlette:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with hub.running():
            yield

    return Starlette(
        routes=routes,
        middleware=protection(),
        exception_handlers={HTTPException: pages.failed, AgentError: pages.failed},
        lifespan=lifespan,
        max_body_size=_MOST_BODY_BYTES,
    )


def _serving(assets: Assets) -> Callable[[Request], Awaitable[Response]]:
    async def static(request: Request) -> Response:
        answer = assets.answer(request.path_params["name"])
        if answer is None:
            raise HTTPException(404)
        return answer

    return static


async def _to_start(_request: Request) -> Response:
    """``GET /search``: where the address of a posted search leads when it is opened again."""
    return RedirectResponse("/", 303)


async def _to_status(_request: Request) -> Response:
    """``GET /`` on a box without the guide's page."""
    return RedirectResponse("/status", 303)

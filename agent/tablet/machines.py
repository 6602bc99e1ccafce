"""The addresses that programs ask; nothing here names a member."""

from __future__ import annotations

from ipaddress import ip_address

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from agent.replica import Replica
from agent.tablet.live import LiveHub


class Machines:
    """Addresses for programs; nothing here names a member."""

    def __init__(self, replica: Replica, hub: LiveHub, figures: CollectorRegistry) -> None:
        self._replica = replica
        self._hub = hub
        self._figures = figures

    async def health(self, _request: Request) -> Response:
        """``GET /healthz``: the page and the cards behind it can be read."""
        return JSONResponse({"status": "ok", "cards_through": self._replica.through})

    async def sales(self, request: Request) -> Response:
        """``GET /live``: ids and times of local sales as they reach the cards; this box only."""
        if not _from_this_box(request):
            return Response(status_code=403)
        return StreamingResponse(self._hub.sales(), media_type="text/event-stream")

    async def metrics(self, request: Request) -> Response:
        """``GET /metrics``: the agent's counters for Prometheus; this box only."""
        if not _from_this_box(request):
            return Response(status_code=403)
        told = await run_in_threadpool(generate_latest, self._figures)  # it may wait for the disk
        return Response(told, media_type=CONTENT_TYPE_LATEST)


def _from_this_box(request: Request) -> bool:
    return request.client is not None and ip_address(request.client.host).is_loopback

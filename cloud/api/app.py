"""The API as one application, to be mounted under /v1."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

import cloud
from cloud.api.answers import Unkept
from cloud.api.body_limit import BodyLimit
from cloud.api.parts import ApiParts
from cloud.api.problems import MEDIA_TYPE, Problem, install
from cloud.api.routes import (
    alarms,
    capture,
    devices,
    footfall,
    health,
    ledger,
    members,
    sales,
    shop,
    stores,
)

MOUNTED_AT: Final = "/v1"
LARGEST_BODY: Final = 64 * 1024
"""Bytes of a request; the largest that we ask for has a few hundred."""

_SCHEMAS: Final = "#/components/schemas/"
_DESCRIPTION: Final = (
    "What the shops recorded, who their members are, and how their devices do. Every error is a "
    "problem document (RFC 9457) with a stable `type`. Times are RFC 3339, amounts integer minor "
    "units. Add to what you read here: new fields may appear at any time, none changes its meaning."
)
_ROUTERS: Final = (
    health,
    stores,
    devices,
    alarms,
    capture,
    sales,
    footfall,
    members,
    ledger,
    shop,
)


def create_api(parts: ApiParts) -> FastAPI:
    """The application; its OpenAPI 3.1 document is at ``/openapi.json``.

    There is no page to try it out: the usual ones load their scripts from a CDN.
    """
    app = _build()
    app.state.parts = parts
    return app


def document() -> dict[str, Any]:
    """The OpenAPI document alone, for the reference page."""
    return _build().openapi()


def _build() -> FastAPI:
    app = _Api(
        title="Lianke",
        version=cloud.__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        responses={
            "default": {
                "description": "a problem",
                "content": {MEDIA_TYPE: {"schema": {"$ref": f"{_SCHEMAS}Problem"}}},
            }
        },
    )
    app.add_middleware(BodyLimit, largest=LARGEST_BODY)
    app.add_middleware(Unkept)
    install(app)
    for module in _ROUTERS:
        app.include_router(module.router)
    return app


class _Api(FastAPI):
    """FastAPI, whose document also describes the problems: they are no route's model."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            document = get_openapi(
                title=self.title,
                version=self.version,
                openapi_version=self.openapi_version,
                description=self.description,
                routes=self.routes,
                servers=[{"url": MOUNTED_AT}],
            )
            schema = Problem.model_json_schema(ref_template=f"{_SCHEMAS}{{model}}")
            nested = schema.pop("$defs")
            document["components"]["schemas"] |= {**nested, "Problem": schema}
            self.openapi_schema = document
        return self.openapi_schema

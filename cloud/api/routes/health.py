"""Is anybody there?"""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

import cloud

router = APIRouter(tags=["service"])


class Health(BaseModel):
    """The API answers."""

    status: Literal["ok"] = "ok"
    version: str


@router.get("/health", summary="Whether the API answers; open to all")
async def health() -> Health:
    """Says nothing about the database: a shop box asks this to test its own line."""
    return Health(version=cloud.__version__)

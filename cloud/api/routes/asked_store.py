"""The store that a route is asked about: of the token's tenant, or a problem."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from cloud.api.callers import Reader
from cloud.api.parts import Parts
from cloud.errors import NotFound
from cloud.organisation import Store, find_store
from cloud.storage import read
from models.wire.ids import StoreId


def _asked(parts: Parts, caller: Reader, store: Annotated[str, Query(max_length=48)]) -> Store:
    with read(parts.engine) as connection:
        known = find_store(connection, caller.tenant, StoreId(store))
    if known is None:
        raise NotFound("no such store is written down; list the stores first")
    return known


AskedStore = Annotated[Store, Depends(_asked)]
"""A store of the caller's tenant, named by ``store``; raises NotFound."""

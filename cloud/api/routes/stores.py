"""Stores: read them, write one down."""

from __future__ import annotations

from fastapi import APIRouter, Response, status
from pydantic import BaseModel, ConfigDict, Field

from cloud.access import Action
from cloud.api.callers import Keeper, Reader
from cloud.api.parts import Parts
from cloud.organisation import Ensured, Store, ensure_store, stores_of
from cloud.storage import read, write
from models.wire.ids import StoreId

router = APIRouter(tags=["stores"])


class StoreFacts(BaseModel):
    """One shop."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    store: str = Field(description="its id, part of every topic; never changes", max_length=48)
    name: str = Field(description="what people call it", max_length=80)
    timezone: str = Field(description="IANA name", max_length=64, examples=["Asia/Shanghai"])
    currency: str = Field(description="ISO 4217", max_length=3, examples=["CNY"])
    phone_region: str = Field(description="ISO 3166", max_length=2, examples=["CN"])
    day_begins_hour: int = Field(
        default=0,
        ge=0,
        le=11,
        description="hour of the clock at which a business day changes when no sale says otherwise",
    )


class StoreList(BaseModel):
    """All stores of the token's tenant."""

    items: list[StoreFacts]


@router.get("/stores", summary="The tenant's stores")
def list_stores(parts: Parts, caller: Reader) -> StoreList:
    """By id."""
    with read(parts.engine) as connection:
        stores = stores_of(connection, caller.tenant)
    return StoreList(items=[StoreFacts.model_validate(store) for store in stores])


@router.post(
    "/stores", status_code=status.HTTP_201_CREATED, summary="Write a store down; idempotent"
)
def write_store(facts: StoreFacts, parts: Parts, caller: Keeper, response: Response) -> StoreFacts:
    """201 when it is new, 200 when it was known. Currency and phone region cannot change later."""
    store = Store(
        tenant=caller.tenant,
        store=StoreId(facts.store),
        name=facts.name,
        timezone=facts.timezone,
        currency=facts.currency,
        phone_region=facts.phone_region,
        day_begins_hour=facts.day_begins_hour,
    )
    with write(parts.engine) as connection:
        done = ensure_store(connection, store, parts.clock.now())
        if done is not Ensured.UNCHANGED:
            subject = f"store:{store.store}"
            parts.audit.note(connection, caller.actor, Action.STORE_WRITTEN, subject)
    if done is not Ensured.CREATED:
        response.status_code = status.HTTP_200_OK
    return facts

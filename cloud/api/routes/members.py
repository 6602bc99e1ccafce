"""Members: who holds an identifier, what their card says, why they are one.

Identifiers come in bodies, never in addresses: addresses end up in logs, histories and proxies.
They go out masked; whoever searched knows the number, and nobody else needs it from here. Every
answer about a person is in the audit.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, model_validator

from cloud.access import Action, Caller
from cloud.api.callers import Reader
from cloud.api.parts import ApiParts, Parts
from cloud.errors import NotFound
from cloud.members import Holder, Strength
from cloud.storage import write
from models.shown.masking import masked_code, masked_e164, masked_name
from models.wire.cards import Card
from models.wire.ids import OneId

router = APIRouter(tags=["members"])

MemberId = Annotated[UUID, Path(description="the member's opaque id")]


class Search(BaseModel):
    """Exactly one of phone, card and code."""

    model_config = ConfigDict(extra="forbid")

    phone: str | None = Field(default=None, max_length=40)
    region: str = Field(default="CN", max_length=2, description="of a phone without country code")
    card: str | None = Field(default=None, max_length=64)
    code: str | None = Field(default=None, max_length=64)
    programme: str | None = Field(default=None, max_length=64, description="of the card or code")

    @model_validator(mode="after")
    def _one_of(self) -> Search:
        if sum(value is not None for value in (self.phone, self.card, self.code)) != 1:
            raise ValueError("exactly one of phone, card and code")
        return self


class Found(BaseModel):
    """A member who holds the identifier now."""

    model_config = ConfigDict(from_attributes=True)

    one_id: str
    strength: Strength = Field(description="whether it was verified or only given at a till")


class FoundList(BaseModel):
    """Holders, the verified one first."""

    items: list[Found]


class Spend(BaseModel):
    """Net value in one currency."""

    model_config = ConfigDict(from_attributes=True)

    currency: str
    amount_minor: int


class Purchase(BaseModel):
    """One sale of the member."""

    model_config = ConfigDict(from_attributes=True)

    sale_id: str
    at: str
    store: str
    business_day: str
    total_minor: int
    currency: str
    items: list[str]


class Member(BaseModel):
    """A member; identifiers and name are masked."""

    one_id: str
    version: int = Field(description="grows with every change")
    name: str
    phones: list[str]
    cards: list[str]
    member_codes: list[str]
    since: str
    visits: int
    last_visit_at: str
    spend: list[Spend]
    purchases: list[Purchase]


class Step(BaseModel):
    """One decision about who the member is."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    change: str
    event_id: str
    store: str
    actor: str
    rule_version: str
    text: str


class Explanation(BaseModel):
    """Why they are one; quotes no personal data."""

    one_id: str
    created_at: datetime
    steps: list[Step]


@router.post("/members/search", summary="Who holds a phone, a card or a member code")
def search(wanted: Search, parts: Parts, caller: Reader) -> FoundList:
    """No holder is an empty list. Blocked and impossible numbers belong to nobody."""
    holders = _holders(wanted, parts, caller)
    _audit(parts, caller, Action.MEMBER_SEARCHED, "members")
    return FoundList(items=[Found.model_validate(holder) for holder in holders])


@router.get("/members/{one_id}", summary="A member's card, masked")
def member(one_id: MemberId, parts: Parts, caller: Reader) -> Member:
    """As the guide tablets have it, but masked."""
    card = parts.cards.card(caller.tenant, OneId(str(one_id)))
    if card is None:
        raise NotFound("there is no such member; search first")
    _audit(parts, caller, Action.MEMBER_READ, f"member:{one_id}")
    return _member(card)


@router.get("/members/{one_id}/explain", summary="Why a member is one")
def explain(one_id: MemberId, parts: Parts, caller: Reader) -> Explanation:
    """Every decision, in the order in which it was taken."""
    said = parts.directory.explain(caller.tenant, OneId(str(one_id)))
    if said is None:
        raise NotFound("there is no such member; search first")
    _audit(parts, caller, Action.MEMBER_EXPLAINED, f"member:{one_id}")
    return Explanation(
        one_id=said.one_id,
        created_at=said.created_at,
        steps=[Step.model_validate(step) for step in said.steps],
    )


def _holders(wanted: Search, parts: ApiParts, caller: Caller) -> list[Holder]:
    if wanted.phone is not None:
        return parts.directory.find_by_phone(caller.tenant, wanted.phone, wanted.region)
    if wanted.card is not None:
        return parts.directory.find_by_card(caller.tenant, wanted.card, wanted.programme)
    assert wanted.code is not None, "the model lets nothing else through"
    return parts.directory.find_by_code(caller.tenant, wanted.code, wanted.programme)


def _audit(parts: ApiParts, caller: Caller, action: Action, subject: str) -> None:
    with write(parts.engine) as connection:
        parts.audit.note(connection, caller.actor, action, subject)


def _member(card: Card) -> Member:
    return Member(
        one_id=card.one_id,
        version=card.version,
        name=masked_name(card.family_name, card.given_name),
        phones=[masked_e164(phone) for phone in card.phones],
        cards=[masked_code(number) for number in card.cards],
        member_codes=[masked_code(code) for code in card.member_codes],
        since=card.since,
        visits=card.visits,
        last_visit_at=card.last_visit_at,
        spend=[Spend.model_validate(spend) for spend in card.spend],
        purchases=[Purchase.model_validate(purchase) for purchase in card.purchases],
    )

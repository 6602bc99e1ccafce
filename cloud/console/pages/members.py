"""Members: found by a number that is never in an address, shown masked, explained.

Every search and every look is in the audit.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form
from starlette.responses import RedirectResponse, Response

from cloud.access import Action
from cloud.access.audit import Actor
from cloud.console.choice import all_stores, zones
from cloud.console.decision import said
from cloud.console.parts import ConsoleParts, Parts
from cloud.console.places import MEMBERS
from cloud.console.visitor import Inside, Visitor, check_form
from cloud.errors import NotFound
from cloud.members import Explanation, Holder
from cloud.storage import write
from models.shown.masking import masked_code, masked_e164, masked_name
from models.wire.cards import Card
from models.wire.ids import OneId, TenantId

router = APIRouter()
forms = APIRouter(dependencies=[Depends(check_form)])

_LONGEST: Final = 64
_SEE_OTHER: Final = 303
_CONSOLE: Final = Actor("console")


class By(StrEnum):
    """What a member is searched by."""

    PHONE = "phone"
    CARD = "card"
    CODE = "code"


@router.get("/members")
def members(parts: Parts, visitor: Inside) -> Response:
    """An empty search."""
    return _search_page(parts, visitor, By.PHONE, "", None)


@forms.post("/members")
def search(
    parts: Parts,
    visitor: Inside,
    by: Annotated[By, Form()] = By.PHONE,
    number: Annotated[str, Form(max_length=_LONGEST)] = "",
) -> Response:
    """Who holds the number: one holder is shown at once, several are listed."""
    holders = _holders(parts, by, number)
    with write(parts.engine) as connection:
        parts.audit.note(connection, _CONSOLE, Action.MEMBER_SEARCHED, "members")
    if len(holders) == 1:
        return RedirectResponse(f"{MEMBERS}/{holders[0].one_id}", _SEE_OTHER)
    return _search_page(parts, visitor, by, number, holders)


@router.get("/members/{one_id}")
def member(parts: Parts, visitor: Inside, one_id: UUID) -> Response:
    """The card, masked, and why they are one member."""
    tenant, card, explanation = _find(parts, OneId(str(one_id)))
    with write(parts.engine) as connection:
        parts.audit.note(connection, _CONSOLE, Action.MEMBER_READ, f"member:{one_id}")
    known = zones(parts)
    stores = [store for store in all_stores(parts) if store.tenant == tenant]
    names = {str(store.store): store.name for store in stores}
    words = parts.painter.words(visitor.language)
    return parts.painter.paint(
        visitor,
        "member.html",
        card=card,
        explanation=explanation,
        stores={store.store: store for store in stores},
        since=_day(card.since, stores[0].zone),
        last_visit=_day(card.last_visit_at, stores[0].zone),
        zone_of=lambda store: known[tenant, store],
        why=lambda step: said(step, names.get(step.store, step.store), words),
        name=masked_name(card.family_name, card.given_name),
        phones=[masked_e164(phone) for phone in card.phones],
        numbers=[masked_code(number) for number in card.cards],
        codes=[masked_code(code) for code in card.member_codes],
    )


def _day(moment: str, zone: ZoneInfo) -> date | None:
    """The calendar day of a card's UTC time, as the shops have it; None where the card has none."""
    return datetime.fromisoformat(moment).astimezone(zone).date() if moment else None


def _find(parts: ConsoleParts, one_id: OneId) -> tuple[TenantId, Card, Explanation]:
    """Whose member it is, their card, and the explanation; raises NotFound."""
    for tenant in dict.fromkeys(store.tenant for store in all_stores(parts)):
        card = parts.cards.card(tenant, one_id)
        explanation = parts.directory.explain(tenant, one_id)
        if card is not None and explanation is not None:
            return tenant, card, explanation
    raise NotFound("there is no such member")


def _search_page(
    parts: ConsoleParts, visitor: Visitor, by: By, number: str, holders: list[Holder] | None
) -> Response:
    return parts.painter.paint(
        visitor, "members.html", kinds=list(By), by=by, number=number, holders=holders
    )


def _holders(parts: ConsoleParts, by: By, number: str) -> list[Holder]:
    """Holders at every retailer, each once. A phone is read as one of a store's region."""
    directory = parts.directory
    found: list[Holder] = []
    for tenant, region in dict.fromkeys(
        (store.tenant, store.phone_region) for store in all_stores(parts)
    ):
        match by:
            case By.PHONE:
                found += directory.find_by_phone(tenant, number, region)
            case By.CARD:
                found += directory.find_by_card(tenant, number)
            case By.CODE:
                found += directory.find_by_code(tenant, number)
    return list({holder.one_id: holder for holder in found}.values())

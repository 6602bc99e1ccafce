"""Earlier transactions that this one returns, voids or resumes: ``TransactionLink``."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from agent.capture.pos.fields import first_text, text_at
from agent.capture.pos.moments import business_day
from agent.capture.pos.profile import TillProfile
from models.wire.events.sale import Link, LinkReason


def read_links(parent: Element, profile: TillProfile, default: LinkReason) -> list[Link]:
    """The links directly below an element; ``default`` where one gives no reason.

    Raises:
        Malformed: a link's business day is no date.
    """
    return [_link(link, profile, default) for link in parent.iterfind("TransactionLink")]


def _link(link: Element, profile: TillProfile, default: LinkReason) -> Link:
    day = text_at(link, "BusinessDayDate")
    line = first_text(link, ("LineItemSequenceNumber", "LineItemID"))
    reason = link.get("ReasonCode") or first_text(link, ("ReasonCode", "Reason"))
    return Link(
        reason=profile.link_reason_of(reason) if reason else default,
        business_unit=first_text(link, ("RetailStoreID", "BusinessUnit/UnitID")),
        workstation_id=text_at(link, "WorkstationID"),
        business_day_date=business_day(day, "TransactionLink/BusinessDayDate") if day else None,
        sequence_number=text_at(link, "SequenceNumber"),
        line=int(line) if line.isascii() and line.isdecimal() else None,
    )

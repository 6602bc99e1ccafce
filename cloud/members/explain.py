"""Says why a member is one, in words that quote no personal data. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, assert_never

from cloud.members.identity_log import Change
from cloud.members.ownership import Reason
from cloud.sales.tables import AnyRow
from cloud.storage.columns import from_ms
from models.wire.ids import EventId, OneId

_KINDS: Final = MappingProxyType(
    {"phone": "phone number", "card": "card", "member_code": "member code"}
)
_REASONS: Final = MappingProxyType(
    {
        Reason.HELD_BY_ANOTHER: "it belongs to another member, and a stronger key decided",
        Reason.NAME_CONTRADICTS: "the names contradict each other",
        Reason.SEVERAL_HOLDERS: "several members have given it; the first one stands",
        Reason.TOO_MANY_HOLDERS: "too many members share it, so it identifies nobody new",
        Reason.TOO_MANY_IDENTIFIERS: "the member holds as many of this kind as one may",
        Reason.LONG_SILENCE: "nobody had used it for a long time before it was verified again",
        Reason.KEY_DESTROYED: "it was erased",
    }
)


@dataclass(frozen=True, slots=True)
class Step:
    """One decision about a member.

    Attributes:
        at: the moment of the record that caused it, aware UTC.
        event_id: the ledger event to look at.
        text: what was decided and why, in English, without personal data.
    """

    at: datetime
    change: Change
    event_id: EventId
    store: str
    actor: str
    rule_version: str
    text: str


def step_of(row: AnyRow, about: OneId) -> Step:
    """A logged decision as one of the two members it concerns sees it."""
    return Step(
        at=from_ms(row.at_ms),
        change=Change(row.kind),
        event_id=EventId(row.event_id),
        store=row.store,
        actor=row.actor,
        rule_version=row.rule_version,
        text=_text(row, about),
    )


def _text(row: AnyRow, about: OneId) -> str:
    what, source = _identifier(row), "a sale" if row.sale_id else "a registration"
    change = Change(row.kind)
    match change:
        case Change.CREATED:
            text = f"created from {source} in store {row.store}: nobody held what it showed"
        case Change.ATTACHED:
            text = f"{what} attached ({row.strength}) by {source} in store {row.store}"
        case Change.STRENGTHENED:
            text = f"{what} {row.strength} by {source} in store {row.store}"
        case Change.REASSIGNED:
            text = _reassigned(row, about, what)
        case Change.RELEASED:
            text = f"{what} released: {_why(row)}"
        case Change.CONFLICT:
            text = f"{what} noted for review{_with(row, about)}: {_why(row)}"
        case _:
            assert_never(change)
    return text


def _reassigned(row: AnyRow, about: OneId, what: str) -> str:
    if row.one_id == about:
        return f"{what} taken over from member {row.other_one_id}: {_why(row)}"
    return f"{what} went to member {row.one_id}: {_why(row)}"


def _with(row: AnyRow, about: OneId) -> str:
    other = row.other_one_id if row.one_id == about else row.one_id
    return f" with member {other}" if other and other != about else ""


def _why(row: AnyRow) -> str:
    return _REASONS[Reason(row.reason)] if row.reason else "no reason was noted"


def _identifier(row: AnyRow) -> str:
    scheme, _, programme = (row.namespace or "").partition(":")
    kind = _KINDS.get(scheme, "identifier")
    return f"{kind} of programme {programme}" if programme else kind

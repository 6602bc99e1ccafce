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
    """One decision about a member, without personal data.

    Attributes:
        at: the moment of the record that caused it, aware UTC.
        event_id: the ledger event to look at.
        identifier: what was decided about, ``phone``, ``card`` or ``member_code``; empty for none.
        programme: whose card or code it is; often empty.
        by_sale: a sale showed it, else a registration.
        other: the other member whom it concerns.
        gained: of what went from one member to another: it came to this one.
    """

    at: datetime
    change: Change
    event_id: EventId
    store: str
    actor: str
    rule_version: str
    identifier: str
    programme: str
    strength: str
    by_sale: bool
    reason: Reason | None
    other: OneId | None
    gained: bool

    @property
    def text(self) -> str:
        """What was decided and why, in English."""
        what, source = self._what(), "a sale" if self.by_sale else "a registration"
        match self.change:
            case Change.CREATED:
                text = f"created from {source} in store {self.store}: nobody held what it showed"
            case Change.ATTACHED:
                text = f"{what} attached ({self.strength}) by {source} in store {self.store}"
            case Change.STRENGTHENED:
                text = f"{what} {self.strength} by {source} in store {self.store}"
            case Change.REASSIGNED if self.gained:
                text = f"{what} taken over from member {self.other}: {self._why()}"
            case Change.REASSIGNED:
                text = f"{what} went to member {self.other}: {self._why()}"
            case Change.RELEASED:
                text = f"{what} released: {self._why()}"
            case Change.CONFLICT:
                whom = f" with member {self.other}" if self.other else ""
                text = f"{what} noted for review{whom}: {self._why()}"
            case _:
                assert_never(self.change)
        return text

    def _what(self) -> str:
        kind = _KINDS.get(self.identifier, "identifier")
        return f"{kind} of programme {self.programme}" if self.programme else kind

    def _why(self) -> str:
        return _REASONS[self.reason] if self.reason else "no reason was noted"


def step_of(row: AnyRow, about: OneId) -> Step:
    """A logged decision as one of the two members it concerns sees it."""
    scheme, _, programme = (row.namespace or "").partition(":")
    gained = row.one_id == about
    other = row.other_one_id if gained else row.one_id
    return Step(
        at=from_ms(row.at_ms),
        change=Change(row.kind),
        event_id=EventId(row.event_id),
        store=row.store,
        actor=row.actor,
        rule_version=row.rule_version,
        identifier=scheme if scheme in _KINDS else "",
        programme=programme,
        strength=row.strength or "",
        by_sale=bool(row.sale_id),
        reason=Reason(row.reason) if row.reason else None,
        other=OneId(other) if other and other != about else None,
        gained=gained,
    )

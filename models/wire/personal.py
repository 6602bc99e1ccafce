"""Where an event holds personal data, as exact byte spans of its JSON.

The ledger, the outbox and the dead letters keep an event's original bytes, and yet no phone number
in the clear. So they need to know which literals to seal, and under whose key. This module finds
them without decoding the rest; ``models.vault`` seals them in place.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import msgspec

from models.wire.ack import Reason
from models.wire.errors import DECODE_FAULTS, BadEvent, describe
from models.wire.registry import MEMBER_REGISTERED, SALE_RECORDED, EventType

LOYALTY_MEMBERS = ("value", "family_name", "given_name")
"""What is personal of an identifier, wherever one stands."""

_PERSON_MEMBERS = ("family_name", "given_name", "birthday")


@dataclass(frozen=True, slots=True)
class PersonalSpan:
    """One object inside the data that holds personal members.

    Attributes:
        container: the object's exact bytes.
        namespace: the identifier's scheme, with its programme: ``phone``, ``card:gold``.
        identifier: the value under whose key the members are sealed.
        members: names of the members to seal, with their exact JSON literals.
    """

    container: bytes
    namespace: str
    identifier: str
    members: tuple[tuple[str, bytes], ...]


class _IdentifierView(msgspec.Struct):
    scheme: str
    value: str
    programme: str = ""


class _SaleView(msgspec.Struct):
    loyalty: list[msgspec.Raw] = []


class _MemberView(msgspec.Struct):
    identifiers: list[msgspec.Raw]
    person: msgspec.Raw = msgspec.Raw(b"{}")


_ONCE = {
    SALE_RECORDED.name: (b'"loyalty"',),
    MEMBER_REGISTERED.name: (b'"identifiers"', b'"person"'),
}
_SALE = msgspec.json.Decoder(_SaleView)
_MEMBER = msgspec.json.Decoder(_MemberView)
_IDENTIFIER = msgspec.json.Decoder(_IdentifierView)
_LITERALS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def namespace_of(scheme: str, programme: str = "") -> str:
    """The name space of an identifier: cards and codes belong to a programme, phones do not."""
    return f"{scheme}:{programme}" if programme and scheme != "phone" else scheme


def personal_spans(kind: EventType, data: bytes | msgspec.Raw) -> list[PersonalSpan]:
    """The personal members of an event's data, in document order.

    Raises:
        BadEvent: the data is not of its type.
    """
    _refuse_repeated_members(kind, data)
    try:
        if kind.name == SALE_RECORDED.name:
            return [_span(raw, raw, LOYALTY_MEMBERS) for raw in _SALE.decode(data).loyalty]
        if kind.name == MEMBER_REGISTERED.name:
            return _member_spans(_MEMBER.decode(data))
    except DECODE_FAULTS as error:
        raise BadEvent(Reason.MALFORMED, f"{kind.name}: {describe(error)}") from error
    return []


def _refuse_repeated_members(kind: EventType, data: bytes | msgspec.Raw) -> None:
    """A member written twice is read once, and the other one would lie in the clear for ever.

    Plain names are counted; where the document escapes letters, names too may be escaped, and then
    every object is looked at.
    """
    plain = bytes(data)
    if b"\\" in plain and b"\\u" in plain:  # one byte is found much faster than two
        try:
            json.loads(plain, object_pairs_hook=_refuse_twins)
        except BadEvent:
            raise
        except (ValueError, RecursionError) as error:
            raise BadEvent(Reason.MALFORMED, f"{kind.name}: not a JSON object") from error
    elif any(_is_twin(plain, name) for name in _ONCE.get(kind.name, ())):
        raise BadEvent(Reason.MALFORMED, f"{kind.name}: a member is written twice")


def _is_twin(plain: bytes, name: bytes) -> bool:
    """Whether a member of this name may occur twice; the same word as a value does no harm."""
    return plain.count(name) > 1 and len(re.findall(name + rb"\s*:", plain)) > 1


def _refuse_twins(pairs: list[tuple[str, object]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise BadEvent(Reason.MALFORMED, "a member is written twice")


def _member_spans(view: _MemberView) -> list[PersonalSpan]:
    spans = [_span(raw, raw, LOYALTY_MEMBERS) for raw in view.identifiers]
    if view.identifiers:
        spans.append(_span(view.person, view.identifiers[0], _PERSON_MEMBERS))
    return [span for span in spans if span.members]


def _span(container: msgspec.Raw, owner: msgspec.Raw, fields: tuple[str, ...]) -> PersonalSpan:
    identifier = _IDENTIFIER.decode(owner)
    if any(_is_twin(bytes(container), b'"%b"' % name.encode()) for name in fields):
        raise BadEvent(Reason.MALFORMED, "a personal member is written twice")
    literals = _LITERALS.decode(container)
    members = tuple(
        (name, bytes(literals[name]))
        for name in fields
        if name in literals and bytes(literals[name]) not in (b'""', b"null")
    )
    namespace = namespace_of(identifier.scheme, identifier.programme)
    return PersonalSpan(bytes(container), namespace, identifier.value, members)

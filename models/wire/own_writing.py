"""Sales whose bytes are just what our encoder makes of them: then one reading says it all.

A sale is read into its class to check it. If writing that object gives the same bytes again, the
bytes hold nothing else: no member that this version does not know, none written twice, no other
spelling. Digest and personal spans may then be taken from the object, which costs half as much as
to take the document apart once more. They are what ``digest.content_digest`` and
``personal.personal_spans`` say of these bytes; both remain the definition, and the way for
everything that somebody else has written.
"""

from __future__ import annotations

import hashlib
from operator import attrgetter
from typing import Any, Final

import msgspec

from models.wire.digest import OUTSIDE, checked
from models.wire.events.sale import Loyalty, SaleRecorded
from models.wire.personal import LOYALTY_MEMBERS, PersonalSpan, namespace_of

_PLAIN: Final = msgspec.json.Encoder()
_CANONICAL: Final = msgspec.json.Encoder(order="sorted")


def is_own_writing(sale: SaleRecorded, data: bytes) -> bool:
    """Whether ``data``, from which the sale was read, is what our encoder makes of the sale."""
    return _PLAIN.encode(sale) == data


def sale_digest(sale: SaleRecorded) -> bytes:
    """The digest of a sale's content as our encoder writes it."""
    content = _CONTENT(*_CONTENT_OF(sale))
    if sale.loyalty:
        content.loyalty = [checked(msgspec.to_builtins(one)) for one in sale.loyalty]
    return hashlib.sha256(_CANONICAL.encode(content)).digest()


def sale_spans(sale: SaleRecorded) -> list[PersonalSpan]:
    """The personal members of a sale as our encoder writes it, in document order."""
    return [_span(one) for one in sale.loyalty]


def _span(entry: Loyalty) -> PersonalSpan:
    members = ((name, getattr(entry, name)) for name in LOYALTY_MEMBERS)
    return PersonalSpan(
        container=_PLAIN.encode(entry),
        namespace=namespace_of(entry.scheme.value, entry.programme),
        identifier=entry.value,
        members=tuple((name, _PLAIN.encode(value)) for name, value in members if value),
    )


def _content_class() -> Any:
    """``SaleRecorded`` without what lies outside the digest; members added later are in it."""
    inside = [one for one in msgspec.structs.fields(SaleRecorded) if one.name not in OUTSIDE]
    required = [(one.name, Any) for one in inside if one.required]
    optional = [(one.name, Any, _default(one)) for one in inside if not one.required]
    return msgspec.defstruct("SaleContent", [*required, *optional], omit_defaults=True)


def _default(one: msgspec.structs.FieldInfo) -> Any:
    if one.default_factory is msgspec.NODEFAULT:
        return one.default
    return msgspec.field(default_factory=one.default_factory)


_CONTENT: Final = _content_class()
_CONTENT_OF: Final = attrgetter(*_CONTENT.__struct_fields__)

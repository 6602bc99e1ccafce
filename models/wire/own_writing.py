"""Sales whose bytes are just what our encoder makes of them: then one reading says it all.

A stamped sale is read into one class, outside and data together, and so is a whole batch of them.
If writing that object gives the same bytes again, the bytes hold nothing else: no member that this
version does not know, none written twice, no other spelling. Envelope, digest and personal spans
may then be taken from the object, which costs half as much as to take the document apart step by
step. They are what ``envelope.open_envelope``, ``digest.content_digest`` and
``personal.personal_spans`` say of these bytes; these remain the definition, and the way for
everything that somebody else has written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Any, Final

import msgspec

from models.wire.codec import CLOSING, SEPARATOR, opening
from models.wire.digest import OUTSIDE, PERSONAL, check_of
from models.wire.envelope import MAX_EVENT_BYTES, ClockQuality
from models.wire.errors import DECODE_FAULTS
from models.wire.events.sale import Loyalty, SaleRecorded
from models.wire.personal import LOYALTY_MEMBERS, PersonalSpan, namespace_of


class OwnSale(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A sale member by member as ``envelope.compose`` and ``envelope.stamp`` write it.

    ``time`` stays text: the same moment can be written in several ways.
    """

    specversion: str
    id: str
    source: str
    type: str
    time: str
    datacontenttype: str
    dataschema: str
    subject: str | None = None
    bootid: str
    monotonic: str
    clockquality: ClockQuality
    data: SaleRecorded
    epoch: str
    sequence: str
    historical: bool = False


class OwnBatch(msgspec.Struct, frozen=True, gc=False):
    """A batch of nothing but sales, member by member as ``codec`` writes it."""

    v: int
    epoch: str
    stream: str
    first: int
    count: int
    events: list[OwnSale]


_PLAIN: Final = msgspec.json.Encoder()
_CANONICAL: Final = msgspec.json.Encoder(order="sorted")
_SALES: Final = msgspec.json.Decoder(OwnSale)
_BATCHES: Final = msgspec.json.Decoder(OwnBatch)


def read_own_sale(body: bytes) -> OwnSale | None:
    """The stamped sale in these bytes; None where they are anything but our own writing of one."""
    if len(body) > MAX_EVENT_BYTES:
        return None
    try:
        sale = _SALES.decode(body)
    except DECODE_FAULTS:
        return None
    return sale if _PLAIN.encode(sale) == body else None


def read_own_batch(plain: bytes) -> tuple[OwnBatch, list[int]] | None:
    """The sales of a plain batch, and where each begins; None where it is any other batch.

    One place more is where the next sale would begin: each ends a ``SEPARATOR`` before the next.
    """
    try:
        batch = _BATCHES.decode(plain)
    except DECODE_FAULTS:
        return None
    written = bytearray(opening(batch.epoch, batch.stream, batch.first, len(batch.events)))
    begins = [len(written)]
    for sale in batch.events:
        _PLAIN.encode_into(sale, written, -1)
        written += SEPARATOR
        begins.append(len(written))
    written[-len(SEPARATOR) :] = CLOSING
    return (batch, begins) if written == plain and _all_small(begins) else None


def _all_small(begins: Sequence[int]) -> bool:
    """Whether each of the events that begin there is as small as it may be."""
    limit = MAX_EVENT_BYTES + len(SEPARATOR)
    return begins[-1] <= limit or all(end - begin <= limit for begin, end in pairwise(begins))


def sale_digest(sale: SaleRecorded) -> bytes:
    """The digest of a sale's content as our encoder writes it."""
    content = _CONTENT(*_CONTENT_OF(sale))
    if sale.loyalty:
        content.loyalty = [_checked(one) for one in sale.loyalty]
    return hashlib.sha256(_CANONICAL.encode(content)).digest()


def sale_spans(sale: SaleRecorded) -> list[PersonalSpan]:
    """The personal members of a sale as our encoder writes it, in document order."""
    return [_span(one) for one in sale.loyalty]


def _checked(entry: Loyalty) -> Any:
    return _CHECKED(check_of(entry.scheme.value, entry.value), *_CHECKED_OF(entry))


def _span(entry: Loyalty) -> PersonalSpan:
    said = zip(LOYALTY_MEMBERS, _PERSONAL_OF(entry), strict=True)
    return PersonalSpan(
        container=_PLAIN.encode(entry),
        namespace=namespace_of(entry.scheme.value, entry.programme),
        identifier=entry.value,
        members=tuple([(name, _PLAIN.encode(value)) for name, value in said if value]),
    )


def _without(source: type[msgspec.Struct], left_out: Collection[str], *added: str) -> Any:
    """A class of the ``added`` members and those of another one; members added later are in it."""
    inside = [one for one in msgspec.structs.fields(source) if one.name not in left_out]
    new = [(name, Any) for name in added]
    required = [(one.name, Any) for one in inside if one.required]
    optional = [(one.name, Any, _default(one)) for one in inside if not one.required]
    name = f"{source.__name__}InDigest"
    return msgspec.defstruct(name, [*new, *required, *optional], omit_defaults=True, gc=False)


def _default(one: msgspec.structs.FieldInfo) -> Any:
    if one.default_factory is msgspec.NODEFAULT:
        return one.default
    return msgspec.field(default_factory=one.default_factory)


_CONTENT: Final = _without(SaleRecorded, OUTSIDE)
_CONTENT_OF: Final = attrgetter(*_CONTENT.__struct_fields__)
_CHECKED: Final = _without(Loyalty, PERSONAL, "check")
_CHECKED_OF: Final = attrgetter(*_CHECKED.__struct_fields__[1:])
_PERSONAL_OF: Final = attrgetter(*LOYALTY_MEMBERS)

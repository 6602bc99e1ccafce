"""A record read once more, told piece by piece: what was written, what was read, where it ended.

The reader of its source reads it, with a listener in its context; nothing here knows a format's
meaning. So what is told is what today's profile makes of it: the fault, too, may be another than
the one it was set aside for, or none at all.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Final

from agent.capture.aside.elements import tags_of, words_of_tag
from agent.capture.aside.listening import Fact, Listener
from agent.capture.aside.piece import Raw
from agent.capture.aside.rereader import Rereader
from agent.capture.pos.mapping.transcript import OWN, Field
from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CaptureContext
from agent.errors import AgentError

_IT: Final = "record"
_WORDS_OF_SALE: Final = {
    "RetailStoreID": "business_unit",
    "UnitID": "business_unit",
    "StoreID": "business_unit",
    "WorkstationID": "workstation_id",
    "CurrencyCode": "currency",
    "EndDateTime": "end_at",
    "BeginDateTime": "begin_at",
    "UnitOfMeasureCode": "uom",
    "POSItemID": "gtin",
    "ActualSalesUnitPrice": "actual_price",
    "RegularSalesUnitPrice": "regular_price",
    "OperatorID": "operator_ref",
}
"""Where the sale's own word is another than the standard's in small letters."""

_PLACED: Final = re.compile(rf"\A(?:{_IT}: )?(?:(?:transaction|receipt) \d+: )?")
"""Where a reader's message says the record stands: it stands alone here."""

_NAMED: Final = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece, with what was read from it.

    Attributes:
        read: fields of the sale and their texts; empty where nothing was read.
        fault: why reading stopped here.
    """

    raw: Raw
    read: tuple[tuple[str, str], ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Narration:
    """All pieces of one record, in its order.

    Attributes:
        fault: why it cannot be read today; empty where it can.
    """

    pieces: tuple[Piece, ...]
    fault: str = ""

    @property
    def fault_at(self) -> int:
        """The place of the piece at which reading stopped; 0 where there is none."""
        return next((at for at, each in enumerate(self.pieces) if each.fault), 0)


def narrated(data: bytes, rereader: Rereader, context: CaptureContext) -> Narration:
    """Read a record again and tell of it; of several records, the first that cannot be read.

    What the reader says of it is told, whatever it is; nothing is raised.
    """
    listener = Listener()
    reader = rereader.make(replace(context, witness=listener))
    fault = ""
    try:
        for record in reader.read(BytesIO(data), _IT, ""):
            if isinstance(record, Refused):
                data, fault = record.data, record.reason
                break
    except AgentError as error:
        fault = str(error)
    fault = _PLACED.sub("", fault)
    if rereader.apart is None:
        return _of_elements(data, listener, fault)
    return _of_fields(rereader.apart(data), listener, rereader, fault)


def lines_only(pieces: Sequence[Raw], fault: str) -> Narration:
    """For what nobody can read any more: its pieces, and why."""
    told = [Piece(each) for each in pieces] or [Piece(Raw(""))]
    return Narration((replace(told[0], fault=fault), *told[1:]), fault)


def _of_elements(data: bytes, listener: Listener, fault: str) -> Narration:
    if not listener.pieces or (fault and "XML" in fault):
        pieces, at = tags_of(data)
        return _at([Piece(each) for each in pieces], at if at >= 0 else len(pieces) - 1, fault)
    seen = frozenset(listener.seen)
    told = [
        Piece(each, ((_word_of(each.name), each.value),) if place in seen and each.value else ())
        for place, each in enumerate(listener.pieces)
    ]
    return _at(told, _last_named(listener.pieces, listener.seen, fault), fault)


def _last_named(pieces: Sequence[Raw], seen: Sequence[int], fault: str) -> int:
    """The last piece that was looked at and that the fault names; -1 if it names none of them."""
    named = set(_NAMED.findall(fault))
    return next((at for at in reversed(seen) if pieces[at].name in named), -1)


def _of_fields(
    raws: Sequence[Raw], listener: Listener, rereader: Rereader, fault: str
) -> Narration:
    # It brings what reads receipts, which a box that has POSLog alone does not load.
    from agent.capture.aside.beside import beside  # noqa: PLC0415

    facts = listener.facts or (_given(raws) if rereader.under_our_names else [])
    places = beside(raws, facts, rereader.columns)
    read: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for at, fact in enumerate(facts):
        if at in places:
            of_part = fact.label and fact.field in OWN
            label = f"{fact.label}.{fact.field}" if of_part else fact.field.value
            read[places[at]].append((label, fact.text))
    told = [Piece(each, tuple(read[at])) for at, each in enumerate(raws)]
    return _at(told, _fault_place(raws, facts, listener.asked, places, fault), fault)


def _given(raws: Sequence[Raw]) -> list[Fact]:
    """Rows of a database stand under our names already, before anything is made of them."""
    known = {each.value: each for each in Field}
    return [Fact(raw.row + 1, "", known[raw.name], raw.value) for raw in raws if raw.name in known]


def _fault_place(
    raws: Sequence[Raw],
    facts: Sequence[Fact],
    asked: Sequence[int],
    places: dict[int, int],
    fault: str,
) -> int:
    """The piece of the last text that was asked for and that the fault names; -1 for none."""
    named = set(_NAMED.findall(fault))
    for at in reversed(asked):
        if facts[at].field.value in named and at in places:
            return places[at]
    found = [at for at, raw in enumerate(raws) if named.intersection(raw.names)]
    wrong = [at for at in found if not re.fullmatch(r"-?[\d.,:T -]+", raws[at].value)]
    return next(iter(wrong or found), _not_taken_apart(raws))


def _not_taken_apart(raws: Sequence[Raw]) -> int:
    """The first line among cells or members: nobody could tell its parts; -1 for none."""
    if len(raws) > 1 and not any(raw.name for raw in raws):
        return -1  # a receipt, which has lines only
    return next((at for at, raw in enumerate(raws) if not raw.name), -1)


def _at(pieces: list[Piece], place: int, fault: str) -> Narration:
    """With the fault at its piece; at one of its own where it names none, as what is missing."""
    if not fault:
        return Narration(tuple(pieces))
    if 0 <= place < len(pieces):
        pieces[place] = replace(pieces[place], fault=fault)
    else:
        pieces.append(Piece(Raw(""), fault=fault))
    return Narration(tuple(pieces), fault)


def _word_of(tag: str) -> str:
    return _WORDS_OF_SALE.get(tag) or "_".join(words_of_tag(tag))

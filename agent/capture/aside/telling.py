"""What leaves the shop of a record in quarantine: the event, masked by shape and of bounded size.

Every text of it passes ``Shapes``, the names of structure pass ``Shapes.name``, and there is no
other way in: what is not listed there stays in the shop.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any, Final

from agent.capture.aside.narrating import Narration, Piece, lines_only, narrated
from agent.capture.aside.piece import Raw
from agent.capture.aside.readers import Readers
from agent.capture.aside.rereader import Rereader
from agent.capture.pos.mapping.transcript import Field
from agent.capture.pos.money import EXPONENTS
from agent.capture.pos.sensitive.shapes import KEY_DIGITS, Shapes, words_of
from agent.capture.pos.sensitive.wording import own_words
from agent.capture.pos.sink import CaptureContext
from agent.capture.quarantine import Kept, Quarantine
from agent.errors import AgentError, InvalidInput
from models.wire.events.capture import Piece as ToldPiece
from models.wire.events.capture import RecordQuarantined

MOST_PIECES: Final = 40
MOST_CHARS: Final = 160
_BEFORE: Final = 28
"""Of the pieces told, so many stand before the fault: what led there explains it."""

_MOST_BYTES: Final = 1024 * 1024
"""What is longer is no record but a file, and is told by its first lines."""

_HEAD_BYTES: Final = 64 * 1024
_WORDS: Final = ("true", "false", "null", "utf", "xml", "cny", "eur", "usd", "gbp", "hkd", "chf")


class Teller:
    """Tells of records, each by the profile of today. Used by one thread."""

    def __init__(self, quarantine: Quarantine, readers: Readers, context: CaptureContext) -> None:
        self._quarantine = quarantine
        self._readers = readers
        self._context = context
        own = {each.value for each in Field} | {*EXPONENTS} | {*_WORDS}
        self._own = words_of(own) | own_words()

    def narration(self, kept: Kept) -> tuple[Narration, Rereader | None]:
        """All pieces of a record, in the clear, and who read it; nobody where none can.

        Raises:
            UnreadableInput: the sealed file is gone, or was changed.
        """
        data = self._head(kept, _MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            return _by_lines(data[:_HEAD_BYTES], kept.reason), None
        try:
            rereader = self._readers.of(kept.source, kept.file, data)
        except AgentError:
            return _by_lines(data[:_HEAD_BYTES], kept.reason), None
        return narrated(data, rereader, self._context), rereader

    def event(self, kept: Kept) -> RecordQuarantined:
        """What the cloud is told of it. A record that cannot be opened is told by its note."""
        try:
            narration, rereader = self.narration(kept)
        except InvalidInput:
            narration, rereader = Narration(()), None
        profile = rereader.profile if rereader else None
        words = self._own | (words_of(_texts(profile)) if profile else set())
        shapes = Shapes(words, kept.at.date())
        pieces = _around_the_fault(narration)
        named = shapes.with_words(_names(pieces, shapes))
        return RecordQuarantined(
            name=kept.name,
            quarantined_at=kept.at,
            reason=shapes.masked(kept.reason.removeprefix(f"{kept.file}: "))[:MOST_CHARS],
            size_bytes=kept.size,
            source=self._source(kept),
            adapter=profile.adapter.value if profile else "",
            profile=profile.name if profile else "",
            profile_version=profile.version if profile else 0,
            file=shapes.masked(kept.file)[:MOST_CHARS],
            record=kept.record,
            key=shapes.masked(kept.key, KEY_DIGITS)[:MOST_CHARS],
            pieces=[_told(each, shapes, named) for each in pieces],
            pieces_left_out=len(narration.pieces) - len(pieces),
        )

    def _source(self, kept: Kept) -> str:
        try:
            return self._readers.source_of(kept.source, kept.file, self._head(kept, _HEAD_BYTES))
        except InvalidInput:
            return kept.source

    def _head(self, kept: Kept, most: int) -> bytes:
        head = b""
        for piece in self._quarantine.content(kept):
            head += piece
            if len(head) >= most:
                break
        return head[:most]


def _by_lines(data: bytes, fault: str) -> Narration:
    lines = data.decode(errors="replace").splitlines()
    return lines_only([Raw(each) for each in lines if each.strip()], fault)


def _around_the_fault(narration: Narration) -> tuple[Piece, ...]:
    last = max(0, len(narration.pieces) - MOST_PIECES)
    begin = min(max(0, narration.fault_at - _BEFORE), last)
    return narration.pieces[begin : begin + MOST_PIECES]


def _told(piece: Piece, shapes: Shapes, named: Shapes) -> ToldPiece:
    """``named`` knows the names of structure too: what stands in values may not look like one."""
    raw = piece.raw
    read = "; ".join(f"{name} = {shapes.masked(text)}" for name, text in piece.read)
    value = shapes.masked(raw.value)
    return ToldPiece(
        raw=f"{named.masked(raw.before)}{value}{named.masked(raw.after)}"[:MOST_CHARS],
        read=read[:MOST_CHARS],
        fault=named.masked(piece.fault)[:MOST_CHARS],
    )


def _names(pieces: Sequence[Piece], shapes: Shapes) -> set[str]:
    """The names of elements, columns and members; what is none of a format's is text."""
    names = {name for piece in pieces for name in piece.raw.names}
    known = {each for each in names if shapes.name(each) == each}
    return known | words_of(known)


def _texts(profile: Any) -> Iterator[str]:
    """Every text of a profile, the names of its tables too."""
    match profile:
        case str():
            yield profile
        case dict():
            for name, value in profile.items():
                yield from (*_texts(name), *_texts(value))
        case list() | tuple():
            for value in profile:
                yield from _texts(value)
        case _ if is_dataclass(profile) and not isinstance(profile, type):
            yield from _texts(asdict(profile))
        case _:
            return

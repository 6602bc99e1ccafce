"""What leaves the shop of a record in quarantine: the event, masked by shape and of bounded size.

Every text of it passes ``Shapes``, names of elements and columns too: those that our readers or the
profile look for stay, and what a vendor, or somebody's hand, has put between them does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from typing import Any, Final, Protocol

from agent.capture.aside.narrating import Narration, Piece, lines_only, narrated
from agent.capture.aside.piece import Raw
from agent.capture.aside.readers import Readers
from agent.capture.aside.rereader import Rereader
from agent.capture.pos.mapping.transcript import Field
from agent.capture.pos.money import EXPONENTS
from agent.capture.pos.sensitive.shapes import KEY_DIGITS, Shapes, words_of
from agent.capture.pos.sensitive.wording import own_words
from agent.capture.pos.sink import CaptureContext
from agent.capture.quarantine import Kept
from agent.errors import AgentError, InvalidInput
from models.wire.events.capture import Piece as ToldPiece
from models.wire.events.capture import RecordQuarantined

MOST_PIECES: Final = 40
MOST_CHARS: Final = 160
_LOOKED_AT: Final = 4 * MOST_CHARS
_BEFORE: Final = 28
"""Of the pieces told, so many stand before the fault: what led there explains it."""

_MOST_BYTES: Final = 1024 * 1024
"""What is longer is no record but a file, and is told by its first lines."""

_HEAD_BYTES: Final = 64 * 1024
_WORDS: Final = ("true", "false", "null", "utf", "xml", "cny", "eur", "usd", "gbp", "hkd", "chf")


class Contents(Protocol):
    """Opens what lies in quarantine."""

    def content(self, kept: Kept) -> Iterator[bytes]:
        """Its bytes, masked; raises UnreadableInput."""
        ...


class Teller:
    """Tells of records, each by the profile of today. Used by one thread."""

    def __init__(self, quarantine: Contents, readers: Readers, context: CaptureContext) -> None:
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
        said = shapes.with_words(["a"])
        return RecordQuarantined(
            name=kept.name,
            quarantined_at=kept.at,
            reason=_short(said, kept.reason.removeprefix(f"{kept.file}: ")),
            size_bytes=kept.size,
            source=self._source(kept),
            adapter=profile.adapter.value if profile else "",
            profile=profile.name if profile else "",
            profile_version=profile.version if profile else 0,
            file=_short(shapes, kept.file),
            record=kept.record,
            key=shapes.masked(kept.key[:MOST_CHARS], KEY_DIGITS),
            pieces=[_told(each, shapes, said) for each in pieces],
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


def _told(piece: Piece, shapes: Shapes, said: Shapes) -> ToldPiece:
    """``said`` is for our own sentences, in which a letter may be a word."""
    raw = piece.raw
    read = "; ".join(f"{name} = {_short(shapes, text)}" for name, text in piece.read)
    parts = (_short(shapes, each) for each in (raw.before, raw.value, raw.after))
    return ToldPiece(
        raw="".join(parts)[:MOST_CHARS],
        read=read[:MOST_CHARS],
        fault=_short(said, piece.fault),
    )


def _short(shapes: Shapes, text: str) -> str:
    """Masked, then cut: what a cut leaves of a number must not pass for a short one."""
    return shapes.masked(text[:_LOOKED_AT])[:MOST_CHARS]


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

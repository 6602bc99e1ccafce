"""What agent and watcher say on the private socket: one message each, a question and its answer.

A question is JSON. An answer is the length of its figures (four bytes, big-endian), the figures as
JSON, and behind them a JPEG where a picture was asked for. Both are bounded, and a message arrives
whole or not at all.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from agent.errors import CameraLost
from models.wire.events.footfall import ZoneKind

LARGEST_PICTURE: Final = 96 * 1024
"""Bytes of a JPEG: 640 by 360 at a fair quality takes half of that."""

LARGEST_QUESTION: Final = 32 * 1024
LARGEST_ANSWER: Final = LARGEST_PICTURE + 32 * 1024

_LENGTH_BYTES: Final = 4


Box = tuple[float, float, float, float]
"""Left, top, right and bottom in shares of the picture; may reach beyond it."""


class TrialLine(msgspec.Struct, frozen=True, array_like=True):
    """A line to try, from (x1, y1) to (x2, y2) in shares of the picture, 0-1, y downwards."""

    name: str
    x1: float
    y1: float
    x2: float
    y2: float


class TrialZone(msgspec.Struct, frozen=True, array_like=True):
    """A zone to try: a simple polygon, its corners in shares of the picture."""

    name: str
    corners: list[tuple[float, float]]
    kind: ZoneKind = ZoneKind.DWELL


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A question: what do you see?

    Attributes:
        number: grows with every question; the answer bears it.
        picture: whether a picture is wanted with it.
        trial: the number of the trial; another one begins all its counts at nothing.
        lines: to count at, beside the product's own.
        zones: to say how many people are in them.
    """

    number: int
    picture: bool = False
    trial: int = 0
    lines: list[TrialLine] = []
    zones: list[TrialZone] = []


class Person(msgspec.Struct, frozen=True, array_like=True):
    """Somebody who is followed, and how sure one is.

    Attributes:
        id: stays with a walker, and is not used again within a watcher's life.
        box: around all of them, as if nothing hid them.
        seen: in this picture; else moved on blindly.
        proven: believed to be a person.
        left_out: would not be looked at, in an excluded zone that is tried.
        staff: would be one of the staff: first seen in a staff area that is tried, or wears the
            badge.
    """

    id: int
    box: Box
    seen: bool
    proven: bool
    left_out: bool = False
    staff: bool = False


class Glimpse(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: what was in one picture, in figures.

    Attributes:
        number: of the question.
        at_s: when the picture was taken, by the camera's clock.
        width, height: of the camera's pictures, in pixels.
        people: who is followed.
        trial: which trial the counts are of.
        counts: per line of the trial how many went in and how many out since it began, and how
            many of both were staff.
        inside: per zone of the trial how many proven people are in it; of an excluded one who or
            what is left out there, posters too; of a staff area how many of those in view appeared
            in it.
        masked: boxes of those whom the camera's own excluded zones leave out; nobody follows them.
    """

    number: int
    at_s: float
    width: int
    height: int
    people: list[Person] = []
    trial: int = 0
    counts: dict[str, tuple[int, int, int]] = {}
    inside: dict[str, int] = {}
    masked: list[Box] = []


class Sight(NamedTuple):
    """An answer as it came: its figures, as JSON that a browser reads, and a JPEG or nothing."""

    figures: bytes
    picture: bytes


_LOOK: Final = msgspec.json.Decoder(Look)


def pack(glimpse: Glimpse, picture: bytes = b"") -> bytes:
    """An answer as one message."""
    figures = msgspec.json.encode(glimpse)
    return len(figures).to_bytes(_LENGTH_BYTES, "big") + figures + picture


def unpack(message: bytes) -> tuple[int, Sight]:
    """An answer, and which question it is for; raises CameraLost where it is none."""
    length = int.from_bytes(message[:_LENGTH_BYTES], "big")
    figures = message[_LENGTH_BYTES : _LENGTH_BYTES + length]
    try:
        number = msgspec.json.decode(figures, type=_Numbered).number
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CameraLost("the camera's watcher shows something that is no view") from error
    return number, Sight(figures, message[_LENGTH_BYTES + length :])


def read_look(message: bytes) -> Look | None:
    """A question; None where it is none."""
    try:
        return _LOOK.decode(message)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


class _Numbered(msgspec.Struct):
    number: int

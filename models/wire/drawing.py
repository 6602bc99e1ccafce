"""What is drawn over a camera's picture, in the twin's documents: numbers and names, no picture.

Both documents have one entry per camera, ``camera.<name>``: the reported one holds a
``CameraReport``, the desired one a ``CameraWish``. A drawing's shares of the picture are 0-1, from
its top left corner. Whether a drawing can be counted on is judged by the device.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, TypeVar

import msgspec

from models.wire.events.footfall import LineKind, ZoneKind

ENTRY: Final = "camera."
"""What the key of a camera's entry begins with."""

_Entry = TypeVar("_Entry")

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Point = tuple[Share, Share]


class DrawnLine(msgspec.Struct, frozen=True):
    """A line that people cross, as in the device's settings."""

    name: Name
    begin: Point
    end: Point
    kind: LineKind = LineKind.ENTRANCE


class DrawnZone(msgspec.Struct, frozen=True):
    """An area of the floor, as in the device's settings."""

    name: Name
    kind: ZoneKind
    corners: Annotated[list[Point], msgspec.Meta(min_length=3, max_length=16)]


class Drawing(msgspec.Struct, frozen=True):
    """All that is drawn over one camera."""

    line: Annotated[list[DrawnLine], msgspec.Meta(max_length=32)] = []
    zone: Annotated[list[DrawnZone], msgspec.Meta(max_length=32)] = []


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """Another drawing that somebody at the device proposes.

    Attributes:
        id: of this proposal, never used again.
        at: when, UTC with milliseconds.
    """

    id: Annotated[str, msgspec.Meta(max_length=64)]
    at: Annotated[str, msgspec.Meta(max_length=32)]
    drawing: Drawing


class CameraReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a device says of one camera's drawing.

    Attributes:
        drawing: what it counts with.
        applied_here: somebody at the device changed it without asking.
        proposal: what waits for an answer; None for nothing.
        trouble: why the drawing that is wanted of it is not in force; empty where it is.
    """

    drawing: Drawing
    applied_here: bool = False
    proposal: Proposal | None = None
    trouble: Annotated[str, msgspec.Meta(max_length=500)] = ""


class CameraWish(msgspec.Struct, frozen=True, kw_only=True):
    """What the cloud wants of one camera.

    Attributes:
        drawing: to count with; None leaves it to the device's settings.
        answered: the proposal that was answered last; empty for none.
        accepted: how.
        reason: why not, for who drew it.
    """

    drawing: Drawing | None = None
    answered: Annotated[str, msgspec.Meta(max_length=64)] = ""
    accepted: bool = False
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


def read_reports(document: Mapping[str, msgspec.Raw]) -> dict[str, CameraReport]:
    """The cameras of a reported document, by name; an entry that cannot be read is left out."""
    return dict(_read(document, CameraReport))


def read_wishes(document: Mapping[str, msgspec.Raw]) -> dict[str, CameraWish]:
    """The cameras of a desired document, by name; an entry that cannot be read is left out."""
    return dict(_read(document, CameraWish))


def _read(document: Mapping[str, msgspec.Raw], form: type[_Entry]) -> Iterator[tuple[str, _Entry]]:
    for key, raw in document.items():
        if not key.startswith(ENTRY):
            continue
        try:
            yield key.removeprefix(ENTRY), msgspec.json.decode(raw, type=form)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue

"""The cameras of the configuration: ``[[camera]]`` with its lines and zones, and ``[vision]``.

What can be wrong with a camera's settings is found here, at start, in one sentence; what only the
camera itself can tell (whether it answers, how large its pictures are) is found by its watcher.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from agent.config.polygon import why_no_area
from agent.config.staffing import StaffSettings
from models.wire.events.footfall import LineKind, ZoneKind

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_DEVICE: Final = re.compile(r"\d{1,2}|/dev/\S+")
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_DEFAULT_PORTS: Final = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
_PATTERN: Final = re.compile(r"[*?]|%(0\d+)?d|/$")
_SLOWEST_FPS: Final = 2.0
"""Fewer pictures a second tell too little of who goes where (docs/explanation/footfall.md)."""

_RECORDED_FPS: Final = 5.0
_SHORTEST_LINE: Final = 0.005
"""Of the picture; nobody walks across less than that, and a slip of the pen is no line."""

_MOST_ZONES: Final = 32
"""Every minute tells each of them."""


class SourceKind(StrEnum):
    """Where a camera's pictures come from."""

    CLIP = "clip"
    DEVICE = "device"
    STREAM = "stream"
    SEQUENCE = "sequence"


RECORDED: Final = frozenset({SourceKind.CLIP, SourceKind.SEQUENCE})
"""What was seen before and plays by a time of its own."""


@dataclass(frozen=True, slots=True)
class LineSettings:
    """A line that people cross: drawn downwards, from right to left is in; rightwards, downwards.

    Attributes:
        name: of the line, unique within its camera.
        begin: [x, y] in shares of the picture, 0-1, from its top left corner.
        end: likewise. Exchanged with begin, in and out change places.
        kind: ``entrance``, or ``passing`` for a line across the way past the shop: who crosses it
            either way is a passer-by.
    """

    name: str
    begin: tuple[float, ...]
    end: tuple[float, ...]
    kind: LineKind = LineKind.ENTRANCE

    def __post_init__(self) -> None:
        """A line that nobody can cross is found at start."""
        _check_name("line", self.name)
        for word, point in (("begin", self.begin), ("end", self.end)):
            if len(point) != 2:  # noqa: PLR2004 - x and y
                raise ValueError(f"line {self.name}: {word} must be [x, y], not {list(point)}")
            if not all(0.0 <= share <= 1.0 for share in point):
                raise ValueError(
                    f"line {self.name}: {word} {list(point)} lies outside the picture; write "
                    "shares between 0 and 1, from the top left corner"
                )
        if math.dist(self.begin, self.end) < _SHORTEST_LINE:
            raise ValueError(
                f"line {self.name}: begin {list(self.begin)} and end {list(self.end)} are the same "
                "point; a line needs a length"
            )


@dataclass(frozen=True, slots=True)
class ZoneSettings:
    """An area of the floor; whoever's feet are in it is in it.

    Attributes:
        name: of the zone, unique within its camera.
        kind: ``dwell``: how many people stay, and for how long; ``queue``: the same, and a stay is
            a waiting time; ``excluded``: who is in it is not looked at, such as a screen or a
            mirror; ``staff``: whoever is first seen in it is staff.
        corners: [[x, y], …], 3 to 16, in shares of the picture, 0-1, from its top left corner, in
            the order in which one walks round the area.
    """

    name: str
    kind: ZoneKind
    corners: tuple[tuple[float, ...], ...]

    def check(self, camera: str) -> None:
        """Refuse what is no area of the picture; raises ValueError."""
        _check_name(f"camera {camera}: zone", self.name)
        named = f"camera {camera}, zone {self.name}"
        for corner in self.corners:
            if len(corner) != 2:  # noqa: PLR2004 - x and y
                raise ValueError(f"{named}: corners must be pairs [x, y], not {list(corner)}")
            if not all(0.0 <= share <= 1.0 for share in corner):
                raise ValueError(
                    f"{named}: corner {list(corner)} lies outside the picture; write shares "
                    "between 0 and 1, from the top left corner"
                )
        if reason := why_no_area(self.corners):
            raise ValueError(f"{named}: {reason}")


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """A camera of this box, or a recorded clip that stands for one. Repeat it for more.

    Attributes:
        name: of the camera, unique on this box; counts are kept under it.
        source: a device (``/dev/video0`` or ``0``), an address (``rtsp://``, ``rtsps://``,
            ``http://`` or ``https://``, without a login), a clip's path, or pictures in the order
            of their names: a folder (``/srv/shots/``) or a pattern (``/srv/shots/*.jpg``,
            ``/srv/shots/%06d.png``).
        login_file: a file of mode 0600 that holds ``user:password`` for an address.
        sample_fps: pictures looked at per second, 2 or more; 0 means every one. When absent,
            between 3.5 and 7, as ``processor_share`` allows; of a recording, 5.
        processor_share: of one core, that looking at this camera may take; it chooses the rate
            within those bounds.
        source_fps: of pictures in files: how many were taken per second.
        network: a name that ``lianke-agent models list`` shows; the first installed when empty.
        stall_s: a camera that is silent for so long is started again.
        begin_at: when a clip was recorded, with an offset; its minutes are counted as of then.
            Without it the clip plays as if it happened now.
        speed: of a clip: 1 as it was recorded, 2 twice as fast, 0 as fast as it goes. Other than 1
            only with begin_at.
        line: the lines to count on; at least one, or a dwell or queue zone.
        zone: areas in which people stay or wait, or that are not looked at, or are the staff's.
        staff: who counts as staff.
    """

    name: str
    source: str
    login_file: Path | None = None
    sample_fps: float | None = None
    processor_share: float = 0.5
    source_fps: float | None = None
    network: str = ""
    stall_s: float = 10.0
    begin_at: datetime | None = None
    speed: float = 1.0
    line: tuple[LineSettings, ...] = ()
    zone: tuple[ZoneSettings, ...] = ()
    staff: StaffSettings = field(default_factory=StaffSettings)

    def __post_init__(self) -> None:
        """What cannot work is refused at start, never quoting a password."""
        _check_name("camera", self.name)
        self._check_source()
        self._check_rates()
        self._check_recording()
        self._check_zones()
        if not self.line and not self.told_zones:
            raise ValueError(
                f"camera {self.name} counts nothing; add a [[camera.line]] or a [[camera.zone]] of "
                "the kind dwell or queue to it"
            )
        _check_unique(f"camera {self.name}: line", (line.name for line in self.line))

    @property
    def kind(self) -> SourceKind:
        """What the source is, by its form alone."""
        if _ADDRESS.match(self.source):
            return SourceKind.STREAM
        if _DEVICE.fullmatch(self.source):
            return SourceKind.DEVICE
        return SourceKind.SEQUENCE if _PATTERN.search(self.source) else SourceKind.CLIP

    @property
    def file(self) -> Path:
        """The file behind a clip or a device; the folder behind a sequence of pictures."""
        name = f"/dev/video{self.source}" if self.source.isdigit() else self.source
        path = Path(name).expanduser()
        within = self.kind is SourceKind.SEQUENCE and not name.endswith("/")
        return path.parent if within else path

    @property
    def address(self) -> tuple[str, int]:
        """Host and port behind a stream."""
        parts = urlsplit(self.source)
        return parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme.lower()]

    @property
    def recorded_at(self) -> datetime | None:
        """``begin_at`` in UTC; None where pictures are of now."""
        return self.begin_at.astimezone(UTC) if self.begin_at else None

    @property
    def steady_fps(self) -> float | None:
        """Pictures looked at per second, 0 for every one; None where the processor decides."""
        if self.sample_fps is None and self.recorded_at is not None:
            return _RECORDED_FPS  # the same clip is counted the same way on every box
        return self.sample_fps

    @property
    def told_zones(self) -> tuple[ZoneSettings, ...]:
        """The zones of which every minute tells."""
        return tuple(zone for zone in self.zone if zone.kind.is_told)

    def _check_zones(self) -> None:
        if len(self.zone) > _MOST_ZONES:
            raise ValueError(
                f"camera {self.name} has {len(self.zone)} zones; at most {_MOST_ZONES} are told"
            )
        for zone in self.zone:
            zone.check(self.name)
        _check_unique(f"camera {self.name}: zone", (zone.name for zone in self.zone))

    def _check_source(self) -> None:
        if not self.source.strip():
            raise ValueError(f"camera {self.name}: source is empty; name a device, address or clip")
        if self.kind is not SourceKind.STREAM:
            return
        parts = _address(self.name, self.source)
        if parts.username is not None or parts.password is not None:
            raise ValueError(
                f"camera {self.name}: source holds a login; write user:password into a file of "
                "mode 0600, name it in login_file, and leave it out of the address"
            )
        if parts.scheme.lower() not in _DEFAULT_PORTS or not parts.hostname:
            raise ValueError(
                f"camera {self.name}: source is no address that can be watched; write "
                "rtsp://host[:port]/path, or rtsps, http or https"
            )

    def _check_rates(self) -> None:
        if not 0.0 <= self.speed < math.inf:
            raise ValueError(f"camera {self.name}: speed must be 0 or more, not {self.speed}")
        fps = self.sample_fps
        if fps is not None and fps != 0.0 and not _SLOWEST_FPS <= fps < math.inf:
            raise ValueError(
                f"camera {self.name}: sample_fps must be 2 or more, or 0 for every picture, not "
                f"{fps:g}; leave it out and it fits the processor"
            )
        if not 0.0 < self.processor_share <= 1.0:
            raise ValueError(
                f"camera {self.name}: processor_share must be above 0 and at most 1, not "
                f"{self.processor_share}"
            )
        self._check_source_fps()
        if not 1.0 <= self.stall_s < math.inf:
            raise ValueError(f"camera {self.name}: stall_s must be 1 or more, not {self.stall_s}")

    def _check_source_fps(self) -> None:
        fps, pictures = self.source_fps, self.kind is SourceKind.SEQUENCE
        if pictures != (fps is not None):
            raise ValueError(
                f"camera {self.name}: source_fps says how many pictures in files were taken per "
                f"second; {'add it' if pictures else 'leave it out for any other source'}"
            )
        if fps is not None and not 0.0 < fps < math.inf:
            raise ValueError(f"camera {self.name}: source_fps must be above 0, not {fps}")

    def _check_recording(self) -> None:
        if self.kind not in RECORDED and (self.begin_at or self.speed != 1.0):
            raise ValueError(f"camera {self.name}: begin_at and speed are for a clip only")
        if self.begin_at is not None and self.begin_at.tzinfo is None:
            raise ValueError(
                f"camera {self.name}: begin_at {self.begin_at.isoformat()} needs an offset, such "
                f"as {self.begin_at.isoformat()}+08:00"
            )
        if self.speed != 1.0 and self.begin_at is None:
            raise ValueError(
                f"camera {self.name}: speed {self.speed:g} needs begin_at, for its minutes would "
                "not be those of the clock"
            )


@dataclass(frozen=True, slots=True)
class VisionSettings:
    """What the cameras look with.

    Attributes:
        models_dir: where the networks are; when absent, where ``lianke-agent models pull`` puts
            them: LIANKE_MODELS, else /var/lib/lianke-models, else the user's cache.
    """

    models_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class SetupSettings:
    """The page on which lines and zones are drawn over the live picture.

    Attributes:
        enabled: whether this box serves ``/setup`` at tablet.host and tablet.port, where it has a
            camera and either of the pages there is on. It shows nothing before a PIN is set with
            ``lianke-agent cameras pin``.
        apply_here: what is drawn takes effect at once, and the cloud is told; else the cloud is
            asked first. For a box that has no line to a cloud.
    """

    enabled: bool = True
    apply_here: bool = False


def check_cameras(cameras: Iterable[CameraSettings]) -> None:
    """Refuse two cameras of one name; raises ValueError."""
    _check_unique("camera", (camera.name for camera in cameras))


def _check_name(what: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{what} name {name!r}: use 1-32 of a-z, 0-9, '_' and '-', beginning with a letter or "
            "digit"
        )


def _check_unique(what: str, names: Iterable[str]) -> None:
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise ValueError(f"{what} name {twice[0]!r} is given twice; each needs one of its own")


def _address(camera: str, source: str) -> SplitResult:
    """The parts of an address; what is wrong with it is told without quoting it."""
    try:
        parts = urlsplit(source)
        _ = parts.port
    except ValueError:
        raise ValueError(
            f"camera {camera}: source is no address; write rtsp://host[:port]/path"
        ) from None
    return parts

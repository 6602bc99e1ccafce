"""The cameras of the configuration: ``[[camera]]`` with its lines and zones, and ``[vision]``.

What can be wrong with a camera's settings is found here, at start, in one sentence; what only the
camera itself can tell (whether it answers, how large its pictures are) is found by its watcher.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agent.config.bounds import check_name, first_twice
from agent.config.camera_source import (
    RECORDED,
    SourceKind,
    address_of,
    check_source,
    file_of,
    kind_of,
)
from agent.config.picture import LineSettings, ZoneSettings
from agent.config.staffing import StaffSettings

_SLOWEST_FPS: Final = 2.0
"""Fewer pictures a second tell too little of who goes where (docs/explanation/footfall.md)."""

_RECORDED_FPS: Final = 5.0
_MOST_ZONES: Final = 32
"""Every minute tells each of them."""


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
        check_name("camera", self.name)
        check_source(self.name, self.source)
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
        return kind_of(self.source)

    @property
    def file(self) -> Path:
        """The file behind a clip or a device; the folder behind a sequence of pictures."""
        return file_of(self.source)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port behind a stream."""
        return address_of(self.source)

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


def _check_unique(what: str, names: Iterable[str]) -> None:
    if twice := first_twice(names):
        raise ValueError(f"{what} name {twice!r} is given twice; each needs one of its own")

"""What a camera's watcher and the agent say to each other: one JSON line each.

The agent writes one ``Job`` to the watcher's standard input and leaves it open; the watcher answers
on its standard output with ``Opened``, any number of ``Seen`` and, as its last word, ``Ended``,
``Left`` or ``Failed``. It is told to stop by SIGTERM, says what it still knows, and leaves; it
leaves without a word when its standard input closes. Pictures are in no message.

This module is light on purpose: the agent imports it and must not import what looks at pictures.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from agent.capture.footfall.counting.facts import Fact
from agent.config import BadgeSettings
from agent.errors import CameraLost, InvalidInput
from models.vision.manifest import Network
from models.wire.events.footfall import LineKind, MarkKind, ZoneKind


class FailureKind(StrEnum):
    """Why a watcher gave up, by what to do next."""

    LOST = "lost"  # try again with back-off: the camera does not answer or vanished
    BROKEN = "broken"  # try again with back-off: the watcher itself failed; its log says how
    UNREADABLE = "unreadable"  # never: the source is missing, empty or cannot be decoded
    BAD_LINE = "bad_line"  # never: a line or zone of the configuration cannot be counted on
    NETWORK = "network"  # ask a person: the network's file is missing or not what it should be
    NOT_INSTALLED = "not_installed"  # ask a person: the libraries that look at pictures are absent

    @property
    def worth_retrying(self) -> bool:
        """Whether the same job may succeed later without anybody's help."""
        return self in (FailureKind.LOST, FailureKind.BROKEN)


class WatchedLine(msgspec.Struct, frozen=True, array_like=True):
    """A counting line from (x1, y1) to (x2, y2), in shares of the picture, 0-1, y downwards."""

    name: str
    x1: float
    y1: float
    x2: float
    y2: float
    kind: LineKind = LineKind.ENTRANCE


class WatchedZone(msgspec.Struct, frozen=True, array_like=True):
    """An area with these corners, in shares of the picture, 0-1, y downwards."""

    name: str
    kind: ZoneKind
    corners: list[tuple[float, float]]


class Job(msgspec.Struct, frozen=True, kw_only=True, tag="job"):
    """What to watch. A job is a secret when it has a login; its ``repr`` shows none.

    Attributes:
        source: a clip's path, ``/dev/videoN`` or its number, or an ``rtsp``/``http`` address.
        login: ``user:password`` of an address, or empty.
        lines: what to count at.
        zones: where people stay, where nobody is looked at, and where staff come from.
        badge: what staff wear, if they are known by that.
        network: the network that looks, as the manifest describes it.
        network_file: where its bytes are; the watcher verifies them once more.
        sample_fps: pictures to look at per second of the source; 0 means every one, and None as
            many from 3.5 to 7 as the processor allows.
        processor_share: of one core, that watching may take where that decides.
        source_fps: of a folder or pattern of pictures: how many were taken per second.
        speed: of a clip: 1 as it was recorded, 2 twice as fast, 0 as fast as it goes.
        dated: of a clip: it is known when it was recorded, so that a hole in its time is one.
    """

    source: str
    lines: list[WatchedLine]
    network: Network
    network_file: str
    zones: list[WatchedZone] = []
    badge: BadgeSettings | None = None
    login: str = ""
    sample_fps: float | None = None
    processor_share: float = 0.5
    source_fps: float = 0.0
    speed: float = 1.0
    dated: bool = False

    def __repr__(self) -> str:
        """Without source and login: an address may carry a password as well."""
        return f"Job(network={self.network.name!r}, lines={[line.name for line in self.lines]!r})"


class Opened(msgspec.Struct, frozen=True, kw_only=True, tag="opened"):
    """The camera gave its first picture.

    Attributes:
        width: of its pictures, in pixels.
        height: of its pictures, in pixels.
        fps: what the source says of itself; 0 where it says nothing.
        at_s: the first picture's time, on the same clock as ``Seen``.
        rule: the version of the rule that counts (``counting.counter.RULE``); it goes into the
            events, and the agent cannot import it.
        analyses: likewise of what else is made of people's ways (``analyst.ANALYSES``).
    """

    width: int
    height: int
    fps: float
    at_s: float
    rule: str = ""
    analyses: str = ""


class Crossed(msgspec.Struct, frozen=True, array_like=True):
    """One person crossed a line; ``direction`` is ``in`` or ``out``."""

    line: str
    direction: str
    at_s: float


class SettledCrossing(msgspec.Struct, frozen=True, array_like=True):
    """More about a crossing that was told before with the same first three.

    Attributes:
        staff: one of the staff crossed; then neither of the others holds.
        again: who came in had gone out shortly before.
        leads: the first of a group of visitors; somebody alone is one.
    """

    line: str
    direction: str
    at_s: float
    staff: bool
    again: bool
    leads: bool


class Marked(msgspec.Struct, frozen=True, array_like=True):
    """From then to then the camera was not to be trusted, on the clock of ``Seen``."""

    kind: MarkKind
    begin_s: float
    end_s: float


class Seen(msgspec.Struct, frozen=True, kw_only=True, tag="seen"):
    """What was looked at since the last message, and who crossed.

    Sent at once when somebody crossed, else at most every 0.5 s of the source's time. Times are of
    a live camera ``CLOCK_MONOTONIC``, which parent and child share, and container time of a clip.

    Attributes:
        first_s: time of the sample before the span, which the last message ended with.
        last_s: time of the span's last sample.
        samples: pictures looked at in the span.
        observed_s: how much of the span was watched closely enough to count; at most
            ``last_s - first_s``. A hole between two samples is not observed.
        crossings: in order of time. A crossing may be dated before ``first_s``, when only later
            samples proved it; it is told once.
        settled: what is known now of crossings told before, some seconds ago; each is told once.
        facts: of zones and of the heat map, of the last seconds; each is told once.
        marks: when the camera was not to be trusted. They may begin before ``first_s``, when it was
            certain only later; those of one kind do not overlap.
        troubles: what of that stands at the end of the span.
        wanted_fps: pictures per second that are aimed at now; 0 for every one.
        closing: nothing is looked at after this, and all that was is judged; said with it, so that
            a watcher which dies right then leaves all of it or nothing.
    """

    first_s: float
    last_s: float
    samples: int
    observed_s: float
    crossings: list[Crossed] = []
    settled: list[SettledCrossing] = []
    facts: list[Fact] = []
    marks: list[Marked] = []
    troubles: list[MarkKind] = []
    wanted_fps: float = 0.0
    closing: bool = False


class Ended(msgspec.Struct, frozen=True, kw_only=True, tag="ended"):
    """A clip was watched to its end; ``truncated`` when its container promises more frames.

    ``pictures`` is how many it had, those that were not looked at included.
    """

    truncated: bool = False
    pictures: int = 0


class Left(msgspec.Struct, frozen=True, kw_only=True, tag="left"):
    """The watcher was told to stop, and has told all that it knew of what it had looked at."""


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    """The watcher gave up; ``message`` is one line for a person, without any secret."""

    kind: FailureKind
    message: str


Told = Opened | Seen | Ended | Left | Failed
"""What a watcher may say."""

_ENCODER: Final = msgspec.json.Encoder()
_TOLD: Final[msgspec.json.Decoder[Told]] = msgspec.json.Decoder(Told)
_JOB: Final = msgspec.json.Decoder(Job)


def encode(message: Job | Told) -> bytes:
    """One line, its end included."""
    return _ENCODER.encode(message) + b"\n"


def read_told(line: bytes) -> Told:
    """What a watcher said; raises CameraLost where it is no message, as a dying one's may be."""
    try:
        return _TOLD.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CameraLost(
            "the camera's watcher said something that is no message; it is started again"
        ) from error


def read_job(line: bytes) -> Job:
    """What to watch; raises InvalidInput, which quotes nothing of a line that may hold a login."""
    try:
        return _JOB.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidInput("standard input is not a camera job; the agent writes it") from None

"""``lianke-agent audit record``: serves the clicker of a clip until the person has finished."""

from __future__ import annotations

import secrets
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TextIO

from agent.capture.footfall.audit.book import MarkBook
from agent.capture.footfall.audit.marks import Begun
from agent.capture.footfall.audit.reel import Reel
from agent.capture.footfall.counting.line import Line
from agent.config import CameraSettings
from agent.errors import BadConfiguration, BadLine, FaultyDevice, InvalidInput
from agent.tablet.marking.book import Shot
from agent.tablet.marking.clip import ClipDesk, build_clip_site
from models.web.serving import ServerThread, quiet


@dataclass(frozen=True, slots=True)
class RecordOrder:
    """What to mark, and where.

    Attributes:
        clip: the recording.
        lines: each as ``NAME=x1,y1,x2,y2`` in pixels.
        camera: takes the lines of this one instead.
        out: the file of marks; one that is there is gone on with.
        port: of the page; 0 takes any free one.
        by: who counts; may be empty.
    """

    clip: Path
    out: Path
    lines: Sequence[str] = ()
    camera: CameraSettings | None = None
    port: int = 0
    by: str = ""


def run(
    order: RecordOrder,
    stdout: TextIO,
    token: Callable[[], str] = lambda: secrets.token_urlsafe(24),
) -> None:
    """Serve the page until it is finished with, or the command is interrupted.

    Raises:
        BadLine: no line is given, or one is malformed, outside the picture or there twice.
        CameraUnreadable: the clip is missing, empty, no video or not to be decoded.
        InvalidInput, UnreadableInput: the file of marks is of something else.
        DiskUnusable: it cannot be written.
        BadConfiguration: the port is taken.
    """
    if order.out.exists() and order.out.samefile(order.clip):
        raise InvalidInput(f"--out {order.out} is the clip itself; give it another name")
    reel = Reel(order.clip)
    try:
        lines = _lines(order, reel.size)
        book = MarkBook(order.out, _begun(order, lines), gap_s=_gap_s(reel.fps))
        try:
            _serve(order, reel, book, lines, stdout, token)
        finally:
            book.close()
    finally:
        reel.close()
    stdout.write(
        f"marks are in {order.out}; score them: lianke-agent audit score {order.out} "
        f"--clip {order.clip}\n"
    )


class _Film:
    """The page's port to the clip."""

    def __init__(self, reel: Reel) -> None:
        self._reel = reel

    def at(self, at_s: float) -> Shot:
        return Shot(*self._reel.at(at_s))

    def number(self, number: int) -> Shot:
        return Shot(*self._reel.number(number))


def _serve(
    order: RecordOrder,
    reel: Reel,
    book: MarkBook,
    lines: Sequence[Line],
    stdout: TextIO,
    token: Callable[[], str],
) -> None:
    width, height = reel.size
    finished = threading.Event()
    desk = ClipDesk(
        name=order.clip.name,
        film=_Film(reel),
        book=book,
        lines={
            line.name: (line.x1 / width, line.y1 / height, line.x2 / width, line.y2 / height)
            for line in lines
        },
        opens=token(),
        session=token(),
        finished=finished,
    )
    server = ServerThread(quiet(build_clip_site(desk)), "127.0.0.1", order.port, "audit")
    try:
        server.listen()
    except OSError as error:
        raise BadConfiguration(f"--port {order.port}: {error.strerror}; give another") from error
    if not server.start():
        raise FaultyDevice("the page did not start")
    try:
        stdout.write(f"open {server.url}/open/{desk.opens}\nin a browser on this computer, once\n")
        stdout.flush()
        with _ended_by_signals(finished):
            finished.wait()
    finally:
        server.stop()


@contextmanager
def _ended_by_signals(finished: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM finish alike: every mark is in the file already."""

    def finish(_signal: int, _frame: FrameType | None) -> None:
        finished.set()

    before = {each: signal.signal(each, finish) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _gap_s(fps: float) -> float:
    """A second, or two pictures of a clip that has fewer."""
    return max(1.0, 2 / fps) if fps else 1.0


def _begun(order: RecordOrder, lines: Sequence[Line]) -> Begun:
    return Begun(
        source=order.clip.name,
        lines={line.name: f"{line.x1:g},{line.y1:g},{line.x2:g},{line.y2:g}" for line in lines},
        by=order.by,
    )


def _lines(order: RecordOrder, size: tuple[int, int]) -> list[Line]:
    lines = [Line.parse(written) for written in order.lines]
    if order.camera is not None:
        lines += [_scaled(order.camera, size, index) for index in range(len(order.camera.line))]
    if not lines:
        raise BadLine("no line to watch: give --line NAME=x1,y1,x2,y2, or --camera")
    names = [line.name for line in lines]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise BadLine(f"the line {twice} is there twice; each needs a name of its own")
    for line in lines:
        line.check_within(size)
    return lines


def _scaled(camera: CameraSettings, size: tuple[int, int], index: int) -> Line:
    line, (width, height) = camera.line[index], size
    (x1, y1), (x2, y2) = line.begin, line.end
    return Line(
        line.name,
        round(x1 * width, 2),
        round(y1 * height, 2),
        round(x2 * width, 2),
        round(y2 * height, 2),
    )

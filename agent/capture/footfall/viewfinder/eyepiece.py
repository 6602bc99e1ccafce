"""The watcher's end of the private socket: answers with its next picture, forgets when left alone.

While nobody asks it does nothing but look whether somebody does. Some seconds after the last
question it drops what was tried as well.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Final, Protocol

from agent.capture.footfall.camera.frame import Frame
from agent.capture.footfall.counting.counter import Walkers
from agent.capture.footfall.counting.mask import feet_of
from agent.capture.footfall.counting.tracks import Floats, Table
from agent.capture.footfall.viewfinder.still import still
from agent.capture.footfall.viewfinder.trial import Trial
from agent.capture.footfall.viewfinder.tried_zones import Shown
from agent.capture.footfall.viewfinder.words import (
    LARGEST_ANSWER,
    LARGEST_QUESTION,
    Box,
    Glimpse,
    Look,
    Person,
    pack,
    read_look,
)

_LEASE_S: Final = 5.0
"""How long a trial goes on counting after the last question."""

_MOST_PEOPLE: Final = 100


class Followed(Protocol):
    """Who is followed after the latest picture; ``Counter`` is one."""

    @property
    def tracks(self) -> Walkers:
        """For drawing."""
        ...

    @property
    def table(self) -> Table:
        """For counting; not to be changed."""
        ...

    @property
    def masked(self) -> Floats:
        """(n, 4) boxes of those whom excluded zones leave out."""
        ...


class Eyepiece:
    """Shows what is seen to whoever asks at the other end. Used by one thread.

    Args:
        end: our end of the pair; a closed one is as good as one where nobody asks.
        now_s: monotonic seconds.
    """

    def __init__(self, end: socket.socket, now_s: Callable[[], float]) -> None:
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * LARGEST_ANSWER)
        self._end = end
        self._now_s = now_s
        self._trial: Trial | None = None
        self._until_s = 0.0

    @property
    def trying(self) -> bool:
        """Whether anything is counted on the side."""
        return self._trial is not None

    def show(
        self, frame: Frame, followed: Followed, wearers: AbstractSet[int] = frozenset()
    ) -> None:
        """One more picture was looked at: count on the side, and answer who has asked.

        Args:
            frame: the picture.
            followed: who is in it.
            wearers: ids of those who wear the staff's badge.
        """
        height, width = frame.picture.shape[:2]
        look = self._asked()
        if look is not None:
            self._until_s = self._now_s() + _LEASE_S
            self._trial = self._trial or Trial((width, height))
            self._trial.follow(look)
        elif self._trial is not None and self._now_s() > self._until_s:
            self._trial = None
        if self._trial is not None:
            feet = feet_of(followed.masked)
            self._trial.update(followed.table, frame.at_s, feet, wearers)
        if look is not None and self._trial is not None:
            self._answer(look, self._trial, frame, followed)

    def _asked(self) -> Look | None:
        """The newest question, if any."""
        newest = None
        while True:
            try:
                message = self._end.recv(LARGEST_QUESTION)
            except OSError:
                return newest
            if not message:
                return newest
            newest = read_look(message) or newest

    def _answer(self, look: Look, trial: Trial, frame: Frame, followed: Followed) -> None:
        height, width = frame.picture.shape[:2]
        size = (width, height)
        glimpse = Glimpse(
            number=look.number,
            at_s=round(frame.at_s, 3),
            width=width,
            height=height,
            people=people(followed.tracks, trial.shown, size),
            trial=trial.number,
            counts=trial.counts,
            inside=trial.inside,
            masked=[_box(box) for box in _shares(followed.masked, size)[:_MOST_PEOPLE]],
        )
        try:
            self._end.send(pack(glimpse, still(frame.picture) if look.picture else b""))
        except OSError:
            return  # nobody reads: who still wants to see asks again


def people(walkers: Walkers, shown: Shown, size: tuple[int, int]) -> list[Person]:
    """Who is followed, in shares of a picture of (width, height)."""
    return [
        Person(id_, _box(box), bool(seen), bool(proven), bool(left_out), id_ in shown.staff)
        for id_, box, seen, proven, left_out in zip(
            walkers.ids.tolist(),
            _shares(walkers.boxes, size),
            walkers.seen,
            walkers.proven,
            shown.left_out,
            strict=True,
        )
    ][:_MOST_PEOPLE]


def _shares(boxes: Floats, size: tuple[int, int]) -> list[list[float]]:
    shares: list[list[float]] = (boxes / (*size, *size)).round(4).tolist()
    return shares


def _box(sides: list[float]) -> Box:
    left, top, right, bottom = sides
    return left, top, right, bottom

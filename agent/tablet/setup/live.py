"""What moves on the set-up page: figures of the pictures, as Server-Sent Events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

import msgspec
from starlette.concurrency import run_in_threadpool

from agent.tablet.setup.cameras import Seen
from agent.tablet.setup.door import Visit
from agent.tablet.setup.lens import Lens
from agent.twin.drawings import Outcome
from models.shown.words import Words

if TYPE_CHECKING:
    from agent.tablet.setup.pages import SetupParts

_RETRY: Final = b"retry: 1000\n\n"
_ENDED: Final = b"event: ended\ndata:\n\n"
_BLIND_S: Final = 1.0


class Live:
    """The streams of all visitors. Lives in the server's event loop."""

    def __init__(self, parts: SetupParts) -> None:
        self._parts = parts
        self._lenses: dict[tuple[str, str], Lens] = {}
        self._closing = False

    def close(self) -> None:
        """End every stream, so that the server can stop. Call it in the event loop."""
        self._closing = True

    async def look(self, visit: Visit, camera: str, *, picture: bool) -> Seen | None:
        """The camera's next picture, with the counts of what this visitor tries."""
        lens = self._lenses.get((visit.token, camera))
        if lens is None:
            self._forget_who_left()
            lens = Lens(lambda picture: self._ask(visit, camera, picture=picture))
            self._lenses[visit.token, camera] = lens
        return await lens.look(picture=picture)

    async def figures(self, visit: Visit, camera: str, words: Words) -> AsyncIterator[bytes]:
        """Figures as ``message``, what became of the proposal as ``standing``.

        ``blind`` tells why no picture comes; ``ended`` is the last word when the visit is over.
        """
        yield _RETRY
        shown: Outcome | None = None
        while not self._closing:
            if self._parts.door.visit(visit.token, by_hand=False) is None:
                yield _ENDED
                return
            standing = await run_in_threadpool(self._parts.drawings.standing, camera)
            if standing != shown:
                yield _event("standing", _standing(standing, words))
                shown = standing
            seen = await self.look(visit, camera, picture=False)
            if seen is not None:
                # The next look begins at once, so that every picture has its figures told.
                yield b"data: %b\n\n" % seen.figures
            else:
                state = words(f"camera.{self._parts.views.state(camera)}")
                yield _event("blind", {"text": words("setup.blind", state=state)})
                await asyncio.sleep(_BLIND_S)

    def _ask(self, visit: Visit, camera: str, *, picture: bool) -> Seen | None:
        trial = visit.trial(camera)
        drawn = trial.drawn or self._parts.drawings.in_force(camera)
        return self._parts.views.look(camera, drawn, trial=trial.number, picture=picture)

    def _forget_who_left(self) -> None:
        door = self._parts.door
        self._lenses = {
            key: lens
            for key, lens in self._lenses.items()
            if door.visit(key[0], by_hand=False) is not None
        }


def _standing(standing: Outcome, words: Words) -> dict[str, str]:
    said = words(f"setup.standing_{standing.word}", reason=standing.reason)
    return {"word": standing.word, "text": said, "at": standing.at}


def _event(name: str, data: object) -> bytes:
    return f"event: {name}\ndata: ".encode() + msgspec.json.encode(data) + b"\n\n"

"""One question to the camera for all who look: a stream and a picture share the next sample.

Lives in the server's event loop; the camera is asked in a worker thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from starlette.concurrency import run_in_threadpool

from agent.tablet.setup.cameras import Seen

_GATHER_S: Final = 0.08
"""How long a question waits for company: a browser that got a picture asks for the next at once.
No more than twelve questions a second come of it, however many pictures the camera gives."""

Ask = Callable[[bool], Seen | None]
"""Asks the camera; with the picture or without."""


@dataclass(eq=False, slots=True)
class _Waiter:
    picture: bool
    answered: asyncio.Future[Seen | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Lens:
    """Of one visitor at one camera."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._waiting: list[_Waiter] = []
        self._asking: asyncio.Task[None] | None = None

    async def look(self, *, picture: bool) -> Seen | None:
        """What is seen next; None where nothing comes in time."""
        waiter = _Waiter(picture)
        self._waiting.append(waiter)
        if self._asking is None:
            self._asking = asyncio.create_task(self._serve())
        return await waiter.answered

    async def _serve(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(_GATHER_S)
                waiting, self._waiting = self._waiting, []
                wanted = any(each.picture for each in waiting)
                seen = await run_in_threadpool(self._ask, wanted)
                for each in waiting:
                    if not each.answered.done():  # who asked may have gone meanwhile
                        each.answered.set_result(seen)
        finally:
            self._asking = None
            for each in self._waiting:
                each.answered.cancel()
            self._waiting = []

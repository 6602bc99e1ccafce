"""Where ingest meets the unexpected: the only place of it that catches every exception.

Errors raised on purpose pass through: their class says what to do. What passes is tried again, with
back-off, until it works or ingest stops. Anything else is a mistake of ours that one message
brought to light: it is handed back as a fact, so that the caller can set that message aside and go
on with its neighbours.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from cloud.errors import CloudError, TransientError
from cloud.ingest.tally import Tally
from models.runtime.backoff import Backoff
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.wire.errors import WireError

log = get_logger(__name__)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Mishap:
    """An exception that nobody raises on purpose."""

    error: Exception

    @property
    def name(self) -> str:
        """The exception's class; its text may quote the message, which may be personal."""
        return type(self.error).__name__


class Patience:
    """Tries things as long as it takes. For ingest's one thread."""

    def __init__(
        self, clock: Clock, random: Callable[[], float], stop: threading.Event, tally: Tally
    ) -> None:
        self._clock = clock
        self._random = random
        self._stop = stop
        self._tally = tally

    def __call__(self, action: Callable[[], Result]) -> Result | Mishap | None:
        """What the action returned, the mishap it met, or None once ingest shall stop.

        Raises:
            FaultyService, InvalidInput, WireError: as the action raises them.
        """
        pause = Backoff(self._random)
        while not self._stop.is_set():
            try:
                return attempt(action)
            except TransientError as error:
                self._tally.retries += 1
                log.warning("ingest_waits", error=str(error))
                self._clock.wait(self._stop, pause.next_s())
        return None


def attempt(action: Callable[[], Result]) -> Result | Mishap:
    """Do it once, or say what went wrong.

    Raises:
        CloudError, WireError: as the action raises them; TransientError also when the machine is
            short of memory, disk or handles.
    """
    try:
        return action()
    except (CloudError, WireError):
        raise
    except (OSError, MemoryError) as error:
        raise TransientError(f"the machine is in trouble ({type(error).__name__})") from error
    except Exception as error:  # noqa: BLE001 - the loop's edge; the caller isolates and reports it
        return Mishap(error)

"""The process that watches one camera: ``python -m agent.capture.footfall.watcher``.

It reads a ``Job`` from standard input and tells on standard output what it sees (see ``messages``).
It alone holds pictures, in memory only: it writes no file, leaves no core dump, and what looks at
them can open no connection (see ``offline``). Who sets the camera up may ask for one over a private
socket (see ``viewfinder``). Told to stop by SIGTERM, it says its last verdicts and leaves; it leaves
at once when its standard input closes, or when nobody reads what it tells. It steps back behind the
tills for the processor.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

from agent.capture.footfall.leaving import Leaving, heed_sigterm
from agent.capture.footfall.libraries import require_vision
from agent.capture.footfall.messages import Failed, FailureKind, Told, encode, read_job
from agent.capture.footfall.offline import CutOff, open_no_more_connections, stay_connected
from agent.capture.footfall.process import SHOWS_ON
from agent.capture.footfall.undumped import leave_no_core_dump
from agent.errors import (
    AgentError,
    BadLine,
    BadZone,
    CameraLost,
    CameraUnreadable,
    NetworkMismatch,
    NetworkMissing,
    VisionNotInstalled,
)
from models.runtime.logs import configure, get_logger

_LOG = get_logger(__name__)

_NICENESS: Final = 5
_LONGEST_JOB: Final = 1 << 20

_KINDS: Final[tuple[tuple[type[AgentError], FailureKind], ...]] = (
    (CameraLost, FailureKind.LOST),
    (CameraUnreadable, FailureKind.UNREADABLE),
    (BadLine, FailureKind.BAD_LINE),
    (BadZone, FailureKind.BAD_LINE),
    (NetworkMissing, FailureKind.NETWORK),
    (NetworkMismatch, FailureKind.NETWORK),
    (VisionNotInstalled, FailureKind.NOT_INSTALLED),
)


def main() -> NoReturn:
    """Watch until there is nothing more to see, or told to stop; exits 1 after a failure."""
    leaving = Leaving()
    heed_sigterm(leaving)
    told = _keep_standard_output()
    configure()
    leave_no_core_dump()
    os.setpriority(os.PRIO_PROCESS, 0, max(_NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))
    # Ctrl-C at a terminal reaches the whole group; the agent's end is what counts.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tell = teller(told)
    line = sys.stdin.buffer.readline(_LONGEST_JOB)
    threading.Thread(target=_leave_with_the_agent, name="stdin", daemon=True).start()
    # A camera's thread may hang in a read: nothing here is worth waiting for it.
    shows_on = _inherited(sys.argv[1:])
    os._exit(serve(line, tell, shows_on, leaving=leaving, cut_off=open_no_more_connections))


def serve(
    line: bytes,
    tell: Callable[[Told], None],
    shows_on: socket.socket | None = None,
    *,
    leaving: Leaving | None = None,
    cut_off: CutOff = stay_connected,
) -> int:
    """Do the job of this line; returns the exit code, and has told why when it is not 0."""
    try:
        require_vision()
        from agent.capture.footfall.watching import watch  # noqa: PLC0415 - needs what was checked

        watch(read_job(line), tell, shows_on, leaving=leaving, cut_off=cut_off)
    except AgentError as error:
        return _fail(failed(error), tell)
    except Exception as error:  # noqa: BLE001 - the watcher's edge: the agent is told, and retries
        return _fail(_broken(error), tell)
    return 0


def failed(error: AgentError) -> Failed:
    """An error of ours as a message."""
    kinds = (kind for family, kind in _KINDS if isinstance(error, family))
    return Failed(kind=next(kinds, FailureKind.BROKEN), message=str(error))


def teller(out: BinaryIO) -> Callable[[Told], None]:
    """A way to tell the agent; the process ends when the agent has stopped listening."""

    def tell(message: Told) -> None:
        try:
            out.write(encode(message))
            out.flush()
        except BrokenPipeError:
            os._exit(0)

    return tell


def _fail(failure: Failed, tell: Callable[[Told], None]) -> int:
    _LOG.warning("watching_failed", kind=failure.kind, reason=failure.message)
    tell(failure)
    return 1


def _broken(error: Exception) -> Failed:
    # Only its type and place: the text of a library's error may hold an address with its login.
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code if trace is not None else main.__code__
    place = f"{Path(code.co_filename).name}, {code.co_name}"
    return Failed(kind=FailureKind.BROKEN, message=f"{type(error).__name__} in {place}")


def _inherited(arguments: Sequence[str]) -> socket.socket | None:
    """The private socket by which the agent asks what is seen, where it gave one."""
    if len(arguments) != 2 or arguments[0] != SHOWS_ON:  # noqa: PLR2004 - the word and its value
        return None
    return socket.socket(fileno=int(arguments[1]))


def _keep_standard_output() -> BinaryIO:
    """The way to the agent; whatever a library prints goes to standard error from here on."""
    told = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return told


def _leave_with_the_agent() -> NoReturn:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()

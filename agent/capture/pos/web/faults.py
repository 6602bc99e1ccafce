"""A mistake of ours costs the one transaction that it was made on, not all that come after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from agent.capture.pos.malformed import Malformed

_FAULTS: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@contextmanager
def blamed_on_us() -> Iterator[None]:
    """What a reader stumbles over inside becomes ``Malformed``, without quoting it."""
    try:
        yield
    except _FAULTS as error:
        raise Malformed(
            f"our reader failed on it ({type(error).__name__}); report it with what was set aside"
        ) from error

"""The interpreter's settings for threads that share a stream of small objects."""

from __future__ import annotations

import gc
import sys
from typing import Final

_SWITCH_S: Final = 0.0002
"""How long a thread may keep the interpreter when another one comes back from the database: that
happens about 15 times a group, and Python's default would cost it 5 ms each time."""

_YOUNG: Final = 10_000
"""Containers made before the collector looks at them. A group of 1,000 events makes some 5,000, and
nearly all are gone with it; Python's default of 700 looks at each group seven times."""


def suit_ingest() -> None:
    """Set this process up for ingest; may be repeated.

    Whoever starts the process also takes what is loaded out of the collector's rounds
    (``models.runtime.garbage``): walking through it again took a third of a worker's time.
    """
    sys.setswitchinterval(_SWITCH_S)
    gc.set_threshold(_YOUNG)

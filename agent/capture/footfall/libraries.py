"""Whether this box has what it takes to look at pictures."""

from __future__ import annotations

import importlib
import os
from typing import Final

from agent.errors import VisionNotInstalled

_NEEDED: Final = (
    ("numpy", "numpy"),
    ("scipy", "agent.capture.footfall.counting.assignment"),
    ("cv2", "cv2"),
    ("onnxruntime", "onnxruntime"),
)
"""Libraries, and the modules whose import shows that they can be loaded."""


def require_vision() -> None:
    """Load the libraries that look at pictures; to be called before a module that needs them.

    Raises:
        VisionNotInstalled: one is missing, or the system lacks what it is linked against.
    """
    # From 1.29 on onnxruntime tells its maker who uses it, beginning at its import, and keeps an
    # identity and a queue in the home folder for that. This ends it before it begins.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    for library, module in _NEEDED:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise VisionNotInstalled(
                f"{library} cannot be loaded ({error}): install lianke[vision] on this box"
            ) from error

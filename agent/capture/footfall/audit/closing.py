"""Scores a live audit at its end, in a process of its own: ``python -m … MARKS FOLDER CAMERA``.

The running agent loads none of the libraries that this needs. What is kept is printed as JSON.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from agent.capture.footfall.audit.keeping import kept_of
from agent.capture.footfall.audit.marks import read_audit
from agent.capture.footfall.audit.score import score
from agent.capture.footfall.audit.standing import keep_audit
from agent.errors import AgentError

TOLERANCE_S: Final = 2.0
"""Who presses while people walk is late by up to a second, and a picture takes its time."""

_SEED: Final = 1


def close_audit(marks: Path, folder: Path, camera: str, now: datetime) -> bytes:
    """Score, keep, and tell; raises UnreadableInput, DiskUnusable."""
    audit = read_audit(marks)
    figures = score(audit, audit.told, TOLERANCE_S, np.random.default_rng(_SEED))
    kept = kept_of(camera, audit.begun, figures, now)
    keep_audit(folder, kept)
    return msgspec.json.encode(kept.audited)


def main() -> int:
    """The process."""
    _, marks, folder, camera = sys.argv
    try:
        told = close_audit(Path(marks), Path(folder), camera, datetime.now(UTC))
    except AgentError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.buffer.write(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())

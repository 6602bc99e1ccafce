"""POSLog under a coverage-guided fuzzer: ``python -m tests.properties.poslog_fuzzing``.

Whatever a file holds, reading ends in sales, in records refused one by one with a reason that is
the record's and not a mistake of ours, or in a file that is refused or broken off. A refused record
that is kept alone can be tried again. A hang or too much memory ends the run as a crash does.
"""

from __future__ import annotations

import resource
import sys
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Final

import atheris  # type: ignore[import-untyped]  # it has neither stubs nor hints

with atheris.instrument_imports(include=["agent.capture.pos"]):
    from agent.capture.pos.poslog import PoslogReader
    from agent.capture.pos.profile import load_profile
    from agent.capture.pos.records import Refused
    from agent.capture.pos.sink import CapturedSale
    from agent.errors import InvalidInput

from tests.simulators.capturing import context

_MEMORY_BYTES: Final = 768 << 20
_PROFILES = Path(__file__).parents[2] / "device_configs" / "till_profiles"
_READERS = tuple(
    PoslogReader(load_profile(_PROFILES, name), context())
    for name in ("arts-poslog", "ncr-acs-2.1")
)


def try_one(data: bytes) -> None:
    """One input; raises what no file may raise, and AssertionError for a mistake of ours."""
    for reader in _READERS:
        seen = _read(reader, data)
        assert len(seen) <= data.count(b"<"), "more records than a file of this size can hold"
        for found in seen:
            if isinstance(found, Refused):
                assert "our reader failed" not in found.reason, found.reason
                list(_read(reader, found.data))


def _read(reader: PoslogReader, data: bytes) -> list[CapturedSale | Refused]:
    seen: list[CapturedSale | Refused] = []
    with suppress(InvalidInput):  # the file, or the rest of it
        seen.extend(reader.read(BytesIO(data), "fuzzed.xml", "0" * 64))
    return seen


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()

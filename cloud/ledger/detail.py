"""What was wrong, in words that quote nobody.

Dead letters are listed, logged and shown to people who may not see personal data, while msgspec
quotes the value in "Invalid enum value '…'", and a till may have put a phone number there.
"""

from __future__ import annotations

import re
from typing import Final

LIMIT: Final = 200
"""Characters of a detail; the rest of a long one adds nothing."""

_INVALID = re.compile(r"Invalid (enum )?value '", re.DOTALL)
_UNKNOWN_TYPE = re.compile(r"type '.*' with schema '.*' is unknown", re.DOTALL)
_DIGITS = re.compile(r"\d{7,}")


def unquoted(error: Exception) -> str:
    """The error's message without values: names and paths of our own classes remain."""
    said = _without_value(str(error))
    said = _UNKNOWN_TYPE.sub("this type and schema are unknown", said)
    return _DIGITS.sub("…", said)[:LIMIT]


def _without_value(said: str) -> str:
    quoted = _INVALID.search(said)
    if quoted is None:
        return said
    # The value may hold anything, even " - at "; the path is what stands behind the last one.
    _, marker, path = said.rpartition("' - at `")
    what = said[: quoted.end() - 2]
    return f"{what} - at `{path}" if marker else what

"""Numbers that belong to nobody: what cashiers type to reach the member price.

Were they let in, one member would gather the purchases of strangers. The patterns are this
product's defaults; a retailer's identity policy may replace them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

PLACEHOLDER_PHONES: Final = (
    "13800138000",  # the operator's own top-up line, known to every cashier
    r".*(\d)\1{6,}.*",  # 13888888888: seven equal digits in a row are a cashier's invention
    r"\d{3}01234567",
    r"\d{3}12345678",
    r"\d{3}23456789",
    r"\d{3}98765432",
    r"\d{3}87654321",
    r"\d{3}76543210",
)
"""Patterns over the whole national number."""

PLACEHOLDER_CODES: Final = ("0+", "9+", "123456(?:7(?:8(?:90?)?)?)?")
"""The same for card numbers and member codes."""


class Placeholders:
    """The texts that any of the patterns matches as a whole."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = tuple(map(re.compile, patterns))

    def __contains__(self, text: str) -> bool:
        return any(pattern.fullmatch(text) for pattern in self._patterns)

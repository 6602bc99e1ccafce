"""What several parts ask of their settings, and the sentence with which each is refused.

A sentence begins with ``what``, the part and its name, such as ``tap front``. All raise ValueError.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

HIGHEST_PORT: Final = 65_535
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


def check_name(what: str, name: str) -> None:
    """Names stand in addresses, file names and metrics."""
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{what} name {name!r}: use 1-32 of a-z, 0-9, '_' and '-', beginning with a letter or "
            "digit"
        )


def first_twice(values: Iterable[str]) -> str | None:
    """The first of these that stands among them more than once."""
    return next((value for value, times in Counter(values).items() if times > 1), None)


def check_above_zero(what: str, settings: object, *keys: str) -> None:
    """These settings of a part are neither 0 nor less."""
    for key in keys:
        value = getattr(settings, key)
        if not value > 0:
            raise ValueError(f"{what}: {key} must be above 0, not {value}")


def check_port(what: str, settings: object, key: str, lowest: int = 0) -> None:
    """A TCP port; 0 stands for any free one, where that may be."""
    port = getattr(settings, key)
    if not lowest <= port <= HIGHEST_PORT:
        raise ValueError(f"{what}: {key} must be {lowest} to {HIGHEST_PORT}, not {port}")


def check_address(what: str, settings: object, key: str) -> None:
    """An IP address, not a name."""
    address = getattr(settings, key)
    try:
        ip_address(address)
    except ValueError as error:
        raise ValueError(
            f"{what}: {key} = {address!r} is no address such as 192.168.1.60"
        ) from error


def parts_of(address: str, refusal: str) -> SplitResult:
    """The parts of an address; the refusal is all that is said of one that has none.

    An address may hold a login by mistake, so it is never quoted.
    """
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise ValueError(refusal) from None
    return parts

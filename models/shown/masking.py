"""Names and numbers as a stranger behind the reader may see them.

Enough is left to ask "is it you, Ms Wang, ending in 5678?" and not enough to write down.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from phonenumbers import phonenumberutil
from phonenumbers.phonenumberutil import NumberParseException

_HIDDEN: Final = "****"
_KEPT: Final = 4
_SHORTEST_WITH_HEAD: Final = 10
_HEAD: Final = 3


def full_name(family: str, given: str) -> str:
    """The name in the order its bearer uses: family name first in Chinese."""
    return f"{family}{given}" if _is_han(family + given) else f"{given} {family}".strip()


def masked_name(family: str, given: str) -> str:
    """``王*``, ``J* Smith``; a name of one part keeps its first letter."""
    if not family or not given:
        return f"{(family or given)[:1]}*" if family or given else ""
    return f"{family}*" if _is_han(family + given) else f"{given[0]}* {family}"


def masked_phone(number: str) -> str:
    """``138****5678``; of a foreign number (``+44…``) and of a short one less is left."""
    if len(number) <= _KEPT:
        return _HIDDEN
    head = number[:_HEAD] if len(number) >= _SHORTEST_WITH_HEAD else ""
    return f"{head}{_HIDDEN}{number[-_KEPT:]}"


def masked_e164(number: str) -> str:
    """``+86 137****5678``: a number with its country code; shorter ones keep less."""
    try:
        parsed = phonenumberutil.parse(number)
    except NumberParseException:
        return masked_phone(number)
    national = phonenumberutil.national_significant_number(parsed)
    return f"+{parsed.country_code} {masked_phone(national)}"


def masked_code(code: str) -> str:
    """``****1234``; a code of four characters or fewer is hidden whole."""
    return f"{_HIDDEN}{code[-_KEPT:]}" if len(code) > _KEPT else _HIDDEN


def _is_han(name: str) -> bool:
    return any(unicodedata.name(letter, "").startswith("CJK") for letter in name)

"""Whether a text is what its column should hold, as far as the text itself can tell.

For telling numbers that damage has put into a column from those that a till writes there. So more
is asked than a reader does: a day must be one of these years, a number below a million.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC
from functools import cache
from typing import Final

from agent.capture.pos.gtin import has_check_digit
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.mapping.rules import SaleRules
from agent.capture.pos.mapping.transcript import Field

_QUANTITIES: Final = frozenset({Field.QUANTITY, Field.TAX_PERCENT})
_AMOUNTS: Final = frozenset(
    {
        *(Field.TOTAL, Field.SUBTOTAL, Field.TAX_TOTAL, Field.CHANGE, Field.DISCOUNT),
        *(Field.REGULAR_PRICE, Field.ACTUAL_PRICE, Field.AMOUNT, Field.TENDER_AMOUNT),
        *(Field.TENDER_CHANGE, Field.TAX_AMOUNT, Field.TAXABLE),
    }
)
_DAYS: Final = frozenset({Field.BUSINESS_DAY, Field.LINK_BUSINESS_DAY, Field.END_DATE})
_MOMENTS: Final = frozenset({Field.BEGIN_AT, Field.END_AT, Field.END_TIME})
NUMBERS: Final = _QUANTITIES | _AMOUNTS
SURE: Final = NUMBERS | _DAYS | _MOMENTS
"""Fields whose texts fit by chance in one case of a hundred or fewer."""

NAMES: Final = frozenset(
    {
        *(Field.DESCRIPTION, Field.DISCOUNT_REASON, Field.FAMILY_NAME, Field.GIVEN_NAME),
        *(Field.UOM, Field.ENTRY_METHOD, Field.CONTROL, Field.LINK_REASON),
    }
)
"""Fields in which anything may stand that somebody typed."""

CODE_DIGITS: Final = 12
"""From here on an article's code has a check digit."""

_LONGEST_CODE: Final = 14
_MOST_DIGITS: Final = 6
_DECIMALS: Final = 2  # of most currencies; more or fewer only make it a little milder or stricter
_YEARS: Final = range(1990, 2100)


class Fitting:
    """Judges the texts of one profile."""

    def __init__(self, rules: SaleRules) -> None:
        self._rules = rules
        self._words: dict[Field, Callable[[str], object]] = {
            Field.STATUS: rules.status_of,
            Field.KIND: rules.kind_of,
            Field.DIRECTION: rules.direction_of,
            Field.LINE_DIRECTION: rules.direction_of,
        }

    def fits(self, field: Field, text: str) -> bool:
        """Whether a text, empty or not, can stand there; of names and numbers of things always."""
        plain = text.strip()
        if field in self._words:
            return not plain or self._words[field](plain) is not None
        if not plain.strip("0"):
            return True
        if field in NUMBERS:
            return self._is_usual_number(field, plain)
        if field in _DAYS or field in _MOMENTS:
            return self._is_usual_moment(field, plain)
        return field is not Field.GTIN or len(plain) < CODE_DIGITS or is_checked_code(plain)

    def _is_usual_number(self, field: Field, text: str) -> bool:
        amounts = self._rules.amounts
        try:
            plain = amounts.plain(text, field).lstrip("+-")
        except Malformed:
            return False
        whole = plain.partition(".")[0]
        if field in _AMOUNTS and amounts.in_minor_units:
            marked = amounts.decimal_mark in text
            return not marked and len(whole.lstrip("0")) <= _MOST_DIGITS + _DECIMALS
        return len(whole.lstrip("0")) <= _MOST_DIGITS

    def _is_usual_moment(self, field: Field, text: str) -> bool:
        moments = self._rules.moments
        try:
            if field in _DAYS:
                return moments.day(text, field).year in _YEARS
            if field is Field.END_TIME:
                return moments.clock(text, field) is not None
            return moments.moment(text, UTC, field)[0].year in _YEARS
        except Malformed:
            return False


def holds_code(text: str) -> bool:
    """Whether an article's code stands in a name: then things have changed places."""
    return any(is_checked_code(each[0]) for each in _rows_of_digits().finditer(text))


@cache
def _rows_of_digits() -> re.Pattern[str]:
    return re.compile(f"[0-9]{{{CODE_DIGITS},}}")


def is_checked_code(text: str) -> bool:
    """Whether it is an article's code with a right check digit."""
    number = text.isascii() and text.isdecimal()
    return number and CODE_DIGITS <= len(text) <= _LONGEST_CODE and has_check_digit(text)

"""Card numbers in a line of columns, where nothing parts a number from its neighbours.

A number that damage has moved lies across two columns or three, and either part of it reads like
something else. So the line is looked at as a whole, and within longer rows of digits, too: there is
a card wherever a beginning, a length and a check digit fit. Of random digits that is true at every
tenth place, so this is for lines only that cannot be what they should be; who asks says of which
places it is true.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import accumulate
from typing import Final

from agent.capture.pos.sensitive.cards import FEWEST
from agent.capture.pos.sensitive.issuers import MOST_TELLING, lengths_of
from agent.capture.pos.sensitive.masking import Finding, Sensitive, masked
from agent.capture.pos.sensitive.raw import raw_findings
from agent.capture.pos.sensitive.writing import Writing, writings_of

_LONGEST_LINE: Final = 4096
"""Longer ones are no lines of columns, and are not looked at closely."""


def mask_across(data: bytes, chosen: Callable[[int, int], bool]) -> bytes:
    """The line without those card numbers that were chosen by where they begin and end.

    Nothing of them is left, not even the last digits: in columns these could be an amount.
    """
    if not _digits().search(data):
        return data
    text = hidden = data.decode("latin-1")
    for writing in writings_of(data, text):
        found = [each for each in _candidates(hidden, writing) if chosen(each.start, each.end)]
        hidden = masked(hidden, found, writing)
    return data if hidden is text else hidden.encode("latin-1")


def _candidates(text: str, writing: Writing) -> Iterator[Finding]:
    runs = [match.span() for match in writing.runs.finditer(text)]
    if len(text) > _LONGEST_LINE:
        yield from (Finding(start, end, Sensitive.CARD_NUMBER) for start, end in runs)
        return
    for start, end in runs:
        for group in writing.groups(text, start, end):
            for first, last in numbers_within(group.digits):
                begin, finish = group.places[first][0], group.places[last - 1][1]
                yield Finding(begin, finish, Sensitive.CARD_NUMBER)
    for finding in raw_findings(text, writing):
        yield Finding(finding.start, finding.end, finding.kind, letters=finding.letters)


def numbers_within(digits: str) -> Iterator[tuple[int, int]]:
    """Where card numbers begin and end in a row of digits, each that could be one."""
    ends = [_running(digits, first) for first in (0, 1)]
    for begin in range(len(digits) - FEWEST + 1):
        for length in lengths_of(digits[begin : begin + MOST_TELLING]):
            end = begin + length
            sums = ends[end % 2]  # every second digit doubles, counted from the end
            if end <= len(digits) and (sums[end] - sums[begin]) % 10 == 0:
                yield begin, end


def _running(digits: str, first: int) -> list[int]:
    """Luhn's sum up to each place, where the digits at ``first`` and every second one double."""
    values = (
        sum(divmod(2 * int(digit), 10)) if at % 2 == first else int(digit)
        for at, digit in enumerate(digits)
    )
    return list(accumulate(values, initial=0))


@cache
def _digits() -> re.Pattern[bytes]:
    """A digit, whatever stands for one, twelve times: most lines are told by this alone."""
    return re.compile(rb"(?:[0-9\xb0-\xb9\x90-\x99][^0-9]{0,8}){12}", re.DOTALL)

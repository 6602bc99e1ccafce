"""Card numbers among digits: by length, issuer and check digit together, never by one of them.

A number of a card has 12 to 19 digits, one of the networks' beginnings with a length that this
network issues, and a Luhn check digit. Digits may be parted as people and printers part them. What
is still no card:

- a GTIN of twelve or thirteen digits with its own check digit right. One GTIN-13 in ten that begins
  with 4 reads like a Visa number of thirteen digits, and such cards are no longer issued. Where the
  word "card" stands before it, the card wins;
- a telephone number, by the plus before it;
- a part of a UUID, of a hash or of an RFID tag's number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate
from typing import Final

from agent.capture.pos.gtin import has_check_digit
from agent.capture.pos.sensitive.issuers import network_of, passes_luhn
from agent.capture.pos.sensitive.masking import LAST_DIGITS, Finding, Sensitive
from agent.capture.pos.sensitive.stripes import stripe_findings
from agent.capture.pos.sensitive.writing import Group, Writing

FEWEST: Final = 12
MOST: Final = 19
_GTIN_LENGTHS: Final = frozenset({12, 13})
_LONGEST_PHONE: Final = 15  # ITU-T E.164
_LONG_GROUP: Final = 8
_KNOWN_GROUPINGS: Final = frozenset({(4, 6, 5), (4, 6, 4), (4, 6), (6, 13), (6, 10), (6, 9)})
_SMALLEST_GROUP: Final = 3
_LOOK_BACK: Final = 24
_HEX_LENGTHS: Final = frozenset({24, 32, 40, 64, 128})  # EPC-96, and digests of all usual kinds
_TOKEN_REACH: Final = 130


def card_findings(text: str, writing: Writing) -> Iterator[Finding]:
    """The card numbers in a text, and the stripes and chip data around them."""
    for run in writing.runs.finditer(text):
        start, end = run.span()
        yield from stripe_findings(text, start, end)
        if not _is_one_plain_number(run[0]) or len(run[0]) > MOST or _may_be_card(run[0]):
            yield from _in_run(text, writing, start, end)


def _is_one_plain_number(run: str) -> bool:
    """Most runs are, and are told to be no card without looking closer."""
    return run.isascii() and run.isdecimal()


def _may_be_card(digits: str) -> bool:
    return FEWEST <= len(digits) <= MOST and bool(network_of(digits)) and passes_luhn(digits)


def _has_card_at_an_end(digits: str) -> bool:
    """Whether more digits than a card has begin or end as one: a field that ran into the next."""
    return len(digits) > MOST and any(
        _may_be_card(digits[:size]) or _may_be_card(digits[-size:])
        for size in range(FEWEST, MOST + 1)
    )


def _in_run(text: str, writing: Writing, start: int, end: int) -> Iterator[Finding]:
    groups = writing.groups(text, start, end)
    first = 0
    while first < len(groups):
        last = _card_from(text, groups, first)
        if last is None:
            yield from _card_in_longer(text, groups[first])
            first += 1
            continue
        begin, finish = groups[first].places[0][0], groups[last].places[-1][1]
        if not _inside_a_token(text, begin, finish):
            yield Finding(begin, finish, Sensitive.CARD_NUMBER, LAST_DIGITS)
        first = last + 1


def _card_in_longer(text: str, group: Group) -> Iterator[Finding]:
    """A number that is longer than a card's, where a card ran into its neighbour."""
    if _has_card_at_an_end(group.digits):
        start, end = group.places[0][0], group.places[-1][1]
        if _is_told_as_card(text, start, end):
            yield Finding(start, end, Sensitive.CARD_NUMBER, LAST_DIGITS)


def _is_told_as_card(text: str, start: int, end: int) -> bool:
    """Whether what stands before or behind some digits says that they are a card's."""
    before, behind = text[max(0, start - _LOOK_BACK) : start], text[end : end + _LOOK_BACK]
    return bool(_label().search(before) or _companion().search(behind))


def _card_from(text: str, groups: Sequence[Group], first: int) -> int | None:
    """The last group of the longest card number that begins with one; None where none does."""
    sizes = list(accumulate(len(group.digits) for group in groups[first : first + MOST]))
    for offset in range(len(sizes) - 1, -1, -1):
        if not FEWEST <= sizes[offset] <= MOST:
            continue
        window = groups[first : first + offset + 1]
        whole = first == 0 and offset + 1 == len(groups)
        if _looks_grouped(window, whole=whole) and _is_card(text, window):
            return first + offset
    return None


def _looks_grouped(window: Sequence[Group], *, whole: bool) -> bool:
    """Whether people or printers would part a card number so.

    All groups alike (the last may be shorter), as on the cards of some network, or none of them
    tiny. Otherwise only when nothing else stands on the line of digits: a quantity beside an item's
    code and a price must not become a card.
    """
    sizes = tuple(len(group.digits) for group in window)
    if len(sizes) == 1 or sizes in _KNOWN_GROUPINGS:
        return True
    if len(set(sizes[:-1])) == 1 and sizes[-1] <= sizes[0]:
        return True
    if max(sizes) >= _LONG_GROUP:
        return False
    return whole or min(sizes[:-1]) >= _SMALLEST_GROUP


def _is_card(text: str, window: Sequence[Group]) -> bool:
    digits = "".join(group.digits for group in window)
    if not _may_be_card(digits):
        return False
    start = window[0].places[0][0]
    before = text[max(0, start - _LOOK_BACK) : start]
    if _label().search(before):
        return True
    if len(digits) <= _LONGEST_PHONE and before.endswith(("+", "(+")):
        return False
    return not (len(window) == 1 and len(digits) in _GTIN_LENGTHS and has_check_digit(digits))


def _inside_a_token(text: str, start: int, end: int) -> bool:
    """Whether the digits are a part of a UUID, or of a hexadecimal number of a known length."""
    before = _token_before().search(text[max(0, start - _TOKEN_REACH) : start])
    after = _token_after().match(text, end, end + _TOKEN_REACH)
    token = (before[0] if before else "") + text[start:end] + (after[0] if after else "")
    if token == text[start:end]:
        return False
    return _uuid().search(token) is not None or (
        len(token) in _HEX_LENGTHS and _hexadecimal().fullmatch(token) is not None
    )


@cache
def _label() -> re.Pattern[str]:
    """What stands before a card number; the Chinese words also as the UTF-8 that bytes hold."""
    chinese = ("卡号", "银行卡", "信用卡", "储蓄卡", "银联")
    words = (*chinese, *(word.encode().decode("latin-1") for word in chinese))
    return re.compile(
        r"card|\bpan\b|visa|master|amex|maestro|union ?pay|karte|carte|tarjeta|"
        + "|".join(map(re.escape, words)),
        re.IGNORECASE,
    )


@cache
def _companion() -> re.Pattern[str]:
    """What is written behind a card's number."""
    words = ("有效期", "安全码")
    written = (*words, *(word.encode().decode("latin-1") for word in words))
    return re.compile(r"\bc[vs][vc]2?\b|\bexp|" + "|".join(map(re.escape, written)), re.IGNORECASE)


@cache
def _token_before() -> re.Pattern[str]:
    return re.compile(r"[0-9A-Fa-f-]*\Z")


@cache
def _token_after() -> re.Pattern[str]:
    return re.compile(r"[0-9A-Fa-f-]*")


@cache
def _uuid() -> re.Pattern[str]:
    h = "[0-9A-Fa-f]"
    return re.compile(rf"(?<!{h}){h}{{8}}-{h}{{4}}-{h}{{4}}-{h}{{4}}-{h}{{12}}(?!{h})")


@cache
def _hexadecimal() -> re.Pattern[str]:
    return re.compile(r"(?=[0-9]*[A-Fa-f])[0-9A-Fa-f]+")

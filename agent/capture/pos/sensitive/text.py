"""One field's text, masked by what the field is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final, assert_never

from agent.capture.pos.sensitive.broken import broken_findings
from agent.capture.pos.sensitive.cards import card_findings
from agent.capture.pos.sensitive.fields import Context
from agent.capture.pos.sensitive.items import FEWEST, is_no_article
from agent.capture.pos.sensitive.masking import LAST_DIGITS, Finding, Sensitive, masked
from agent.capture.pos.sensitive.secrets import masked_findings, word_findings
from agent.capture.pos.sensitive.writing import text_writing

_FEWEST_DIGITS: Final = 3
_SHORTEST_TRACK: Final = 20  # twelve digits, a sign, the expiry and a service code


def without_cards(text: str, context: Context = Context.FREE) -> str:
    """The text without card data, as long as it was.

    Of a card number the last four digits stay; of security codes, tracks and payment codes nothing.
    Masking what was masked changes nothing.
    """
    if len(text) < _FEWEST_DIGITS or not _some_digits().search(text):
        return text
    if context is Context.CODE and len(text) < _SHORTEST_TRACK:
        return text
    if context is Context.ITEM and len(text) < FEWEST:
        return text
    return masked(text, _findings(text, context), text_writing())


def last4(account_number: str) -> str:
    """The last four digits of an account number, masked or not; empty where there are fewer.

    What was masked by us and what was not must give the same, since a file may be read again from
    the archive.
    """
    found = _tail().search(account_number.strip())
    return found[1] if found else ""


def _findings(text: str, context: Context) -> Iterator[Finding]:
    match context:
        case Context.FREE:
            lowered = text.lower()
            yield from card_findings(text, text_writing())
            yield from word_findings(text, lowered)
            yield from masked_findings(text, lowered)
            yield from broken_findings(text, lowered)
        case Context.CODE:
            found = card_findings(text, text_writing())
            yield from (each for each in found if each.kind is Sensitive.TRACK)
        case Context.ITEM:
            found = card_findings(text, text_writing())
            yield from (each for each in found if is_no_article(text, each, text_writing()))
        case Context.CARD:
            yield Finding(0, len(text), Sensitive.CARD_NUMBER, LAST_DIGITS)
        case Context.SECRET:
            yield Finding(0, len(text), Sensitive.PAYMENT_CODE, letters=True)
        case _:
            assert_never(context)


@cache
def _some_digits() -> re.Pattern[str]:
    return re.compile(r"\d\D{0,3}\d\D{0,3}\d")


@cache
def _tail() -> re.Pattern[str]:
    return re.compile(r"(?<![0-9])[0-9*xX#•.· -]*[0-9*xX#•.·][ -]*([0-9]{4})\Z")

"""Raw input of any kind, masked where it stands: what is kept at rest is as long as it was.

Nothing is parsed, since what is kept most carefully is what could not be parsed. A run of digits
that reads like a card is looked at in its place: the name in front of it (the element around it,
the attribute or the member that it is the value of) says whether it can be one. What stands in a
field that is named for a card or a secret goes whatever it reads.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Collection, Iterator
from functools import cache
from typing import Final

from agent.capture.pos.sensitive.broken import broken_findings
from agent.capture.pos.sensitive.cards import card_findings
from agent.capture.pos.sensitive.carried import mask_carried
from agent.capture.pos.sensitive.fields import Context, context_of
from agent.capture.pos.sensitive.items import is_no_article
from agent.capture.pos.sensitive.markup import interrupted_writings, is_interrupted
from agent.capture.pos.sensitive.masking import LAST_DIGITS, Finding, Sensitive, masked
from agent.capture.pos.sensitive.secrets import masked_findings, word_findings
from agent.capture.pos.sensitive.spellings import places_of
from agent.capture.pos.sensitive.writing import Writing, writings_of

Whitelist = Collection[tuple[str, str]]
"""Names of an element and of the one around it whose content is no card, whatever it is called."""

_WORDS: Final = (
    *("account", "card", "pan", "auth", "approval", "paycode", "paymentcode", "payment_code"),
    *(
        "pay_code",
        "cvv",
        "cvc",
        "cvn",
        "security",
        "verification",
        "track",
        "magstripe",
        "pinblock",
    ),
)
"""One of these is in every name that ``context_of`` calls a card's or a secret's."""

_NAME_CHARS: Final = frozenset(string.ascii_letters + string.digits + "_:.-")
_LONGEST_NAME: Final = 40
_LOOK_BACK: Final = 240
_AROUND: Final = 4096


def mask_raw(data: bytes, whitelist: Whitelist = ()) -> bytes:
    """The same bytes without card data; as many as there were."""
    return _mask(data, whitelist, inside=False)


def find_sensitive(data: bytes, whitelist: Whitelist = ()) -> list[Finding]:
    """What ``mask_raw`` would mask, but for base64 and words in UTF-16; for tests."""
    text = data.decode("latin-1")
    crossing = (_interrupted(text, writing) for writing in interrupted_writings(text))
    found = (raw_findings(text, writing, whitelist) for writing in writings_of(data, text))
    return [finding for findings in (*crossing, *found) for finding in findings]


def _mask(data: bytes, whitelist: Whitelist, *, inside: bool) -> bytes:
    if b"\0" in data and _wide().search(data):
        return without_zeros(data, lambda narrow: _mask(narrow, whitelist, inside=False))
    text = hidden = data.decode("latin-1")
    for writing in interrupted_writings(text):
        hidden = masked(hidden, _interrupted(hidden, writing), writing)
    for writing in writings_of(data, text):
        hidden = masked(hidden, raw_findings(hidden, writing, whitelist), writing)
    if not inside:
        hidden = mask_carried(hidden, lambda plain: _mask(plain, whitelist, inside=True))
    return data if hidden is text else hidden.encode("latin-1")


def without_zeros(data: bytes, mask: Callable[[bytes], bytes]) -> bytes:
    """UTF-16: words and signs are read without its zero bytes, which stay where they were."""
    hidden = iter(mask(data.replace(b"\0", b"")))
    return bytes(next(hidden) if byte else byte for byte in data)


def raw_findings(text: str, writing: Writing, whitelist: Whitelist = ()) -> Iterator[Finding]:
    """What must go from bytes that are shown as Latin-1, in one writing of digits."""
    lowered = text.lower()
    for finding in card_findings(text, writing):
        if finding.kind is Sensitive.TRACK or not _may_stay(text, finding, writing):
            yield finding
    yield from word_findings(text, lowered)
    yield from masked_findings(text, lowered)
    yield from broken_findings(text, lowered)
    yield from _named_findings(text, lowered, whitelist)


def _interrupted(text: str, writing: Writing) -> Iterator[Finding]:
    """Card numbers with markup among their digits, and nothing else."""
    for finding in card_findings(text, writing):
        if is_interrupted(text[finding.start : finding.end]) and (
            finding.kind is Sensitive.CARD_NUMBER and not _may_stay(text, finding, writing)
        ):
            yield finding


def _named_findings(text: str, lowered: str, whitelist: Whitelist) -> Iterator[Finding]:
    """Values of fields that are named for a card or a secret."""
    for word in _WORDS:
        for at in places_of(word, lowered):
            match = _named().match(text, _name_begin(text, at))
            if match:
                yield from _of_field(text, match, whitelist)


def _of_field(text: str, match: re.Match[str], whitelist: Whitelist) -> Iterator[Finding]:
    context = context_of(match["name"])
    start, end = match.span("value")
    if context is Context.SECRET:
        yield Finding(start, end, Sensitive.PAYMENT_CODE, letters=True)
    elif context is Context.CARD and not _is_whitelisted(text, match, whitelist):
        yield Finding(start, end, Sensitive.CARD_NUMBER, LAST_DIGITS)


def _may_stay(text: str, finding: Finding, writing: Writing) -> bool:
    """Whether digits that read like a card are the code that their field is named for."""
    name = _name_before(text, finding.start)
    context = context_of(name) if name else Context.FREE
    if context is Context.ITEM:
        return not is_no_article(text, finding, writing)
    return context is Context.CODE


def _name_before(text: str, start: int) -> str:
    """The name of the field whose value begins here; empty where it begins with something else."""
    before = text[max(0, start - _LOOK_BACK) : start].replace("\x00", "")
    found = _field_before().search(before)
    return next(filter(None, found.groups()), "") if found else ""


def _is_whitelisted(text: str, match: re.Match[str], whitelist: Whitelist) -> bool:
    if not whitelist:
        return False
    around = _open_element(text[max(0, match.start() - _AROUND) : match.start()])
    return (around, _local(match["name"])) in whitelist


def _open_element(text: str) -> str:
    """The name of the innermost element that is open at the end of a piece of XML."""
    closed = 0
    for tag in reversed(list(_tags().finditer(text))):
        if tag["end"]:
            closed += 1
        elif not tag["empty"]:
            if closed == 0:
                return _local(tag["name"])
            closed -= 1
    return ""


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _name_begin(text: str, at: int) -> int:
    farthest = max(0, at - _LONGEST_NAME)
    while at > farthest and text[at - 1] in _NAME_CHARS:
        at -= 1
    return at


@cache
def _wide() -> re.Pattern[bytes]:
    """Some letters of UTF-16, of either kind."""
    return re.compile(rb"(?:[ -~]\0){6}|(?:\0[ -~]){6}")


@cache
def _named() -> re.Pattern[str]:
    """A field's name and its value, in XML, JSON or as ``name=value``."""
    sign = r"""(?:\s[^<>]{0,200}>|>|["']?\s{0,2}[:=]\s{0,2}["']?)"""
    return re.compile(rf"""(?P<name>[\w:.-]{{2,80}}){sign}(?P<value>[^<>"'{{}},;\r\n]{{3,256}})""")


@cache
def _field_before() -> re.Pattern[str]:
    return re.compile(
        r"""<([\w:.-]+)(?:\s[^<>]*)?>\s*\Z"""
        r"""|["']([\w:.-]+)["']\s*:\s*["']?\Z"""
        r"""|([\w:.-]+)\s*=\s*["']?\Z"""
    )


@cache
def _tags() -> re.Pattern[str]:
    return re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z_][\w:.-]*)[^<>]*?(?P<empty>/?)>")

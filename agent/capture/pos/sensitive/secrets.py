"""What is secret by the word before it, whatever its digits add up to.

Security codes (CVV, CVC, CID) and the codes that a wallet shows for payment; and numbers that
somebody else has masked already, of whom more than the last four digits are left.

Sources: the payment documentation of WeChat Pay (18 digits beginning with 10 to 15) and of Alipay
(16 to 24 digits beginning with 25 to 30).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from agent.capture.pos.sensitive.broken import COMMAND
from agent.capture.pos.sensitive.masking import LAST_DIGITS, Finding, Sensitive
from agent.capture.pos.sensitive.spellings import in_bytes, places_of, those_in

_FEWEST: Final = 12
_MOST: Final = 19
_FEWEST_MASKS: Final = 4
_MASKS: Final = "xX*#•●＊"
_MASK_SIGNS: Final = ("**", "xx", "##", "•", "●", "＊")


def word_findings(text: str, lowered: str) -> Iterator[Finding]:
    """Codes behind the words that name them."""
    for words, pattern, kind in _labels():
        for word in those_in(lowered, words):
            for at in places_of(word, lowered):
                match = pattern.match(text, at)
                if match:
                    yield Finding(*match.span("secret"), kind)


def masked_findings(text: str, lowered: str) -> Iterator[Finding]:
    """``621700******1234``: the digits before the mask go as well."""
    if not any(sign in lowered for sign in _MASK_SIGNS):
        return
    for match in _masked().finditer(text):
        marks = [char for char in match[0] if char.isdecimal() or char in _MASKS]
        hidden = sum(char in _MASKS for char in marks)
        if _FEWEST <= len(marks) <= _MOST and hidden >= _FEWEST_MASKS:
            yield Finding(*match.span(), Sensitive.CARD_NUMBER, LAST_DIGITS)


@cache
def _labels() -> tuple[tuple[tuple[str, ...], re.Pattern[str], Sensitive], ...]:
    """The first word of each label, and the label with what follows it."""
    return (
        (
            ("cvv", "cvc", "cvn", "cav", "csc", "card ", "security", *in_bytes(_CODE_WORDS)),
            _security_code(),
            Sensitive.SECURITY_CODE,
        ),
        (("cid",), _customers_id(), Sensitive.SECURITY_CODE),
        (("auth", "approval", "pay", *in_bytes(_PAY_WORDS)), _code(), Sensitive.PAYMENT_CODE),
        (
            ("wechat", "alipay", "wxpay", *in_bytes(_WALLET_WORDS)),
            _wallet_code(),
            Sensitive.PAYMENT_CODE,
        ),
    )


_CODE_WORDS: Final = ("安全码", "校验码")
_PAY_WORDS: Final = ("付款码", "支付码", "收款码", "授权码", "授权号")
_WALLET_WORDS: Final = ("微信", "支付宝", "扫码", "扫一扫")


@cache
def _security_code() -> re.Pattern[str]:
    words = "|".join(map(re.escape, in_bytes(_CODE_WORDS)))
    return re.compile(
        r"(?:(?<![a-z])(?:(?P<sure>cv[vcn]2?)|cav2?|csc|(?:card )?(?:verification|security) "
        rf"(?:value|code|number))(?![a-z])|{words})[^0-9\n]{{0,6}}"
        # Behind these words nothing but a code stands, even if it ran into its neighbour.
        r"(?P<secret>(?(sure)[0-9]{3,8}|[0-9]{3,4}(?![0-9])))",
        re.IGNORECASE,
    )


@cache
def _customers_id() -> re.Pattern[str]:
    """Four digits are American Express's code; of any other length it is a customer's number."""
    return re.compile(r"(?<![a-z])cid[ :=#]{1,3}(?P<secret>[0-9]{4})(?![0-9])", re.IGNORECASE)


@cache
def _code() -> re.Pattern[str]:
    words = "|".join(map(re.escape, in_bytes(_PAY_WORDS)))
    return re.compile(
        r"(?:(?<![a-z])(?:auth(?:ori[sz]ation)?[ _-]?(?:code|no\b|nr|num|number|#)"
        rf"|approval[ _-]?code|(?:pay|payment)[ _-]?code)|{words})"
        r"[^0-9A-Za-z\n]{0,6}"
        rf"(?P<secret>[0-9](?:[ -]?[0-9]){{3,23}}(?:{COMMAND}[0-9]{{1,23}})?"
        rf"|[0-9]{{1,3}}{COMMAND}[0-9]{{3,23}})(?![0-9])",
        re.IGNORECASE,
    )


@cache
def _wallet_code() -> re.Pattern[str]:
    words = "|".join(map(re.escape, in_bytes(_WALLET_WORDS)))
    return re.compile(
        rf"(?:wechat|alipay|wxpay|{words})[^0-9\n]{{0,16}}"
        r"(?P<secret>1[0-5][0-9]{16}|(?:2[5-9]|30)[0-9]{14,22})(?![0-9])",
        re.IGNORECASE,
    )


@cache
def _masked() -> re.Pattern[str]:
    mark = f"[{_MASKS}]"
    return re.compile(
        rf"[0-9](?<![\w][0-9])[0-9 -]{{0,9}}{mark}(?:[ -]?{mark}){{3,14}}[ -]?[0-9 -]{{0,10}}(?!\w)"
    )

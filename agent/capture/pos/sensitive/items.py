"""What reads like a card number in the field of an article's code, and is one.

Trade item numbers have 8 to 14 digits, and one GTIN-13 in ten that begins with 4 reads like a Visa
number of thirteen: so short a number stays in such a field. No article has sixteen digits from GS1;
the number of a card that a damaged record or a cashier has put there goes. What is longer or
shorter than most cards needs more than length, issuer and Luhn, since these fit one number in ten
with such a beginning:

- seventeen to nineteen digits go where UnionPay issues them. Platforms number articles with
  nineteen (and a 3 in front), shops print eighteen on what they weigh (and a 2), and no other
  network issues so long a number in quantity;
- fifteen and eighteen digits stay where the first thirteen are a GTIN: newspapers have two or five
  more behind it (French ones begin with 37 as American Express does);
- a GTIN, a blank and a number stay.

A shop that numbers its articles with sixteen digits loses those that read like a card: one in ten
with the beginning of an issuer. Serial numbers, tags and numbers of receipts are no article's code
and stay whatever they read.
"""

from __future__ import annotations

from typing import Final

from agent.capture.pos.gtin import has_check_digit
from agent.capture.pos.sensitive.masking import Finding, Sensitive
from agent.capture.pos.sensitive.writing import Writing

FEWEST: Final = 15
_USUAL: Final = frozenset({15, 16})
_UNIONPAY: Final = "62"
_GTIN: Final = 13
_WITH_ADD_ON: Final = frozenset({15, 18})


def is_no_article(text: str, finding: Finding, writing: Writing) -> bool:
    """Whether what was found in the field of an article's code can be no article's code."""
    if finding.kind is not Sensitive.CARD_NUMBER:
        return True
    groups = writing.groups(text, finding.start, finding.end)
    digits = "".join(group.digits for group in groups)
    if len(digits) < FEWEST:
        return False
    if len(groups[0].digits) == _GTIN or len(digits) in _WITH_ADD_ON:
        return not has_check_digit(digits[:_GTIN]) and _is_usual(digits)
    return _is_usual(digits)


def _is_usual(digits: str) -> bool:
    return len(digits) in _USUAL or digits.startswith(_UNIONPAY)

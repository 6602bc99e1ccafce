"""What a till was counted out with: the sums of a settlement, a loan, a pickup, an end of day.

Versions and vendors nest these differently; each sum is named by the elements that lead to it and
by the tender or ledger that they say, as in ``TillSettle/TenderSummary/Cash/Ending``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from agent.capture.pos.money import NO_CURRENCY, Currency
from models.wire.events.sale import Total

_MOST_TOTALS: Final = 200  # ledgers times tenders of a large shop's end of day
_DEEPEST: Final = 8
_SUM: Final = re.compile(r"Amount$|Total$|^(?:Over|Short)$")
_NAMED_BY: Final = ("LedgerType", "TenderType", "TenderID", "TypeCode", "TotalType")
_PLAIN: Final = frozenset({"Amount", "Totals"})
_COUNTS: Final = ("Count", "Quantity", "TransactionCount")


def read_settlement(body: Element, currency: Currency) -> list[Total]:
    """The sums below a control transaction; none where it does not say in what currency.

    What is no plain amount there is left out: a settlement is there to be compared, and the
    receipts have their own sums.
    """
    if currency.code == NO_CURRENCY:
        return []
    found: list[Total] = []
    for name, element, holder in _sums(body, (), _DEEPEST):
        amount = currency.minor_or_none(element.text or "")
        if amount is not None and len(found) < _MOST_TOTALS:
            found.append(Total(type=name, amount_minor=amount, count=_count(holder)))
    return found


def _sums(
    parent: Element, path: tuple[str, ...], levels: int
) -> Iterator[tuple[str, Element, Element]]:
    for child in parent:
        named = [child.get(key, "") for key in _NAMED_BY]
        step = () if child.tag in _PLAIN else (child.tag,)
        here = (*path, *step, *filter(None, named))
        if len(child) == 0 and _SUM.search(child.tag):
            yield "/".join(here), child, parent
        elif levels:
            yield from _sums(child, here, levels - 1)


def _count(holder: Element) -> int | None:
    texts = (holder.findtext(name, "").strip() for name in _COUNTS)
    return next((int(text) for text in texts if text.isascii() and text.isdecimal()), None)

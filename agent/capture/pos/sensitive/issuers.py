"""Whose cards begin with which digits, and how many digits these have.

Source: "Payment card number", section "Issuer identification number (IIN)", in the English
Wikipedia, which collects what the networks publish; read 2026-11. Left out are UATP (airlines'
invoices: fifteen digits after a 1, as order numbers have) and ranges that are no longer in use.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

_LONG: Final = frozenset({16, 17, 18, 19})
_SIXTEEN: Final = frozenset({16})


@dataclass(frozen=True, slots=True)
class IssuerRange:
    """Prefixes ``first`` to ``last`` (as many digits each) of one network."""

    network: str
    first: str
    last: str
    lengths: frozenset[int]

    def issues(self, digits: str) -> bool:
        """Whether a number has this range's beginning and one of its lengths."""
        prefix = digits[: len(self.first)]
        return len(digits) in self.lengths and self.first <= prefix <= self.last


ISSUERS: Final = (
    IssuerRange("Visa", "4", "4", frozenset({13, 16, 18, 19})),
    IssuerRange("Mastercard", "51", "55", _SIXTEEN),
    IssuerRange("Mastercard", "2221", "2720", _SIXTEEN),
    IssuerRange("UnionPay", "62", "62", _LONG),
    IssuerRange("UnionPay", "81", "81", _LONG),
    IssuerRange("American Express", "34", "34", frozenset({15})),
    IssuerRange("American Express", "37", "37", frozenset({15})),
    IssuerRange("Discover", "6011", "6011", _LONG),
    IssuerRange("Discover", "644", "659", _LONG),
    IssuerRange("Diners Club", "300", "305", frozenset({14}) | _LONG),
    IssuerRange("Diners Club", "3095", "3095", frozenset({14}) | _LONG),
    IssuerRange("Diners Club", "36", "36", frozenset({14}) | _LONG),
    IssuerRange("Diners Club", "38", "39", frozenset({14}) | _LONG),
    IssuerRange("JCB", "3528", "3589", _LONG),
    IssuerRange("Maestro", "50", "50", frozenset(range(12, 20))),
    IssuerRange("Maestro", "56", "58", frozenset(range(12, 20))),
    IssuerRange("Maestro", "6304", "6304", frozenset(range(12, 20))),
    IssuerRange("Maestro", "639", "639", frozenset(range(12, 20))),
    IssuerRange("Maestro", "67", "67", frozenset(range(12, 20))),
    IssuerRange("Mir", "2200", "2204", _LONG),
    IssuerRange("Borica", "2205", "2205", _SIXTEEN),
    IssuerRange("RuPay", "353", "353", _SIXTEEN),
    IssuerRange("RuPay", "356", "356", _SIXTEEN),
    IssuerRange("RuPay", "60", "60", _SIXTEEN),
    IssuerRange("RuPay", "82", "82", _SIXTEEN),
    IssuerRange("Verve", "506099", "506198", frozenset({16, 18, 19})),
    IssuerRange("Verve", "650002", "650027", frozenset({16, 18, 19})),
    IssuerRange("Troy", "9792", "9792", _SIXTEEN),
    IssuerRange("Elo", "636297", "636368", _SIXTEEN),
    IssuerRange("Hipercard", "606282", "606282", frozenset({13, 16, 19})),
    IssuerRange("Hipercard", "3841", "3841", frozenset({13, 16, 19})),
    IssuerRange("InterPayment", "636", "636", _LONG),
    IssuerRange("InstaPayment", "637", "639", _SIXTEEN),
    IssuerRange("UkrCard", "60400100", "60420099", _LONG),
    IssuerRange("UzCard", "8600", "8600", _SIXTEEN),
    IssuerRange("Humo", "9860", "9860", _SIXTEEN),
)

MOST_TELLING: Final = max(len(issuer.first) for issuer in ISSUERS)
"""Digits of a number, beyond which no range looks."""


def network_of(digits: str) -> str:
    """The first network that issues such a number; empty where none does."""
    if digits[:2] not in _beginnings():
        return ""
    return next((issuer.network for issuer in ISSUERS if issuer.issues(digits)), "")


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of ISO/IEC 7812-1, annex B."""
    odd = sum(map(int, digits[-1::-2]))
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (odd + sum(doubled)) % 10 == 0


@lru_cache(maxsize=4096)
def lengths_of(beginning: str) -> frozenset[int]:
    """How many digits the numbers may have that begin with these ``MOST_TELLING`` digits."""
    if beginning[:2] not in _beginnings():
        return frozenset()
    issuers = (each for each in ISSUERS if each.first <= beginning[: len(each.first)] <= each.last)
    return frozenset().union(*(issuer.lengths for issuer in issuers))


@cache
def _beginnings() -> frozenset[str]:
    """The first two digits of all ranges: nine numbers in ten are told by them alone."""
    spans = (
        range(int(issuer.first.ljust(2, "0")[:2]), int(issuer.last.ljust(2, "9")[:2]) + 1)
        for issuer in ISSUERS
    )
    return frozenset(str(number) for span in spans for number in span)

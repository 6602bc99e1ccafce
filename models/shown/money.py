"""Amounts in minor units as people write them."""

from __future__ import annotations

from typing import Final

# ISO 4217 list one: currencies whose minor unit is not a hundredth.
_EXPONENTS: Final = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"), 0),
    **dict.fromkeys(("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
_USUAL_EXPONENT: Final = 2

_SYMBOLS: Final = {
    "CNY": "¥",
    "EUR": "€",
    "GBP": "£",
    "HKD": "HK$",
    "JPY": "JP¥",
    "KRW": "₩",
    "MOP": "MOP$",
    "SGD": "S$",
    "THB": "฿",
    "TWD": "NT$",
    "USD": "US$",
}
_MINUS: Final = "\N{MINUS SIGN}"
_GAP: Final = "\N{NO-BREAK SPACE}"


def money(amount_minor: int, currency: str) -> str:
    """The amount with its symbol (or code), thousands apart: ``¥1,234.50``, ``−JP¥300``."""
    exponent = _EXPONENTS.get(currency, _USUAL_EXPONENT)
    whole, rest = divmod(abs(amount_minor), 10**exponent)
    fraction = f".{rest:0{exponent}d}" if exponent else ""
    symbol = _SYMBOLS.get(currency, f"{currency}{_GAP}")
    return f"{_MINUS if amount_minor < 0 else ''}{symbol}{whole:,}{fraction}"

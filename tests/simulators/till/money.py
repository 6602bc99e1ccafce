"""Money of the simulated tills: whole fen inside, yuan with two decimals on paper.

Nothing here knows a float. The simulator is an independent writer, so it keeps its own arithmetic
instead of borrowing the product's.
"""

from decimal import ROUND_HALF_UP, Decimal

CURRENCY = "CNY"
_ONE = Decimal(1)


def whole_fen(amount_fen: Decimal) -> int:
    """Round a fractional amount of fen as a till does: half away from zero."""
    return int(amount_fen.quantize(_ONE, rounding=ROUND_HALF_UP))


def yuan(amount_fen: int) -> str:
    """Write fen as yuan with exactly two decimals: ``-1250`` becomes ``-12.50``."""
    sign = "-" if amount_fen < 0 else ""
    return f"{sign}{abs(amount_fen) // 100}.{abs(amount_fen) % 100:02d}"


def included_tax_fen(gross_fen: int, percent: int) -> int:
    """Value added tax inside a price that already includes it: gross × rate ÷ (100 + rate)."""
    return whole_fen(Decimal(gross_fen) * percent / (100 + percent))

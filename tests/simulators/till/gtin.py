"""GTIN-13 barcodes as mainland goods carry them (GS1 prefixes 690-699)."""

_BODY_DIGITS = 12
_WEIGHTS = (1, 3) * 6


def check_digit(body: str) -> str:
    """Thirteenth digit of a GTIN-13 (GS1 General Specifications, section 7.9).

    Raises:
        ValueError: the body is not twelve digits.
    """
    if len(body) != _BODY_DIGITS or not body.isdecimal():
        raise ValueError(f"a GTIN-13 body has 12 digits, not {body!r}; pass prefix, maker and item")
    weighed = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return str(-weighed % 10)


def chinese_gtin(maker: int, item: int) -> str:
    """Barcode of an invented maker's item: 690, five digits of maker, four of item, check digit."""
    body = f"690{maker:05d}{item:04d}"
    return body + check_digit(body)

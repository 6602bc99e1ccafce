"""Invented card numbers, and the writings in which tills and people leave them.

The numbers are those that networks and processors publish for tests; the random ones are made here
by prefix and Luhn digit, from a list of prefixes that shares nothing with the product's table.
"""

from __future__ import annotations

from hypothesis import strategies as st

PUBLISHED = {
    "visa": "4111111111111111",
    "visa of thirteen": "4222222222222",
    "visa debit": "4000056655665556",
    "visa of nineteen": "4000000000000000006",
    "mastercard": "5555555555554444",
    "mastercard 2-series": "2223003122003222",
    "mastercard 2-series last": "2720990000000007",
    "american express": "378282246310005",
    "american express 34": "343434343434343",
    "discover": "6011111111111117",
    "discover 65": "6500000000000002",
    "diners of fourteen": "36227206271667",
    "diners 30": "30569309025904",
    "diners of sixteen": "3056930009020004",
    "jcb": "3566002020360505",
    "unionpay": "6200000000000005",
    "unionpay of nineteen": "6205500000000000004",
    "unionpay 81": "8171999927660000",
    "maestro": "6759649826438453",
    "maestro of twelve": "501800000009",
    "mir": "2200000000000004",
    "rupay": "6074819900004939",
    "verve": "5061460410120223210",
}

TRACKS = (
    "%B4111111111111111^DOE/JOHN ^25121010000000000000?",
    "B4111111111111111^DOE/JOHN^2512101",
    ";4111111111111111=25121010000000000?",
    "4111111111111111=25121010000",
    "6200000000000005D25122010000012345F",
)

_PREFIXES = (
    *(("4", 16), ("4", 19), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("34", 15)),
    *(("37", 15), ("6011", 16), ("644", 16), ("65", 19), ("36", 14), ("38", 16), ("305", 14)),
    *(("3528", 16), ("3589", 19), ("62", 16), ("62", 17), ("62", 19), ("81", 16), ("6759", 18)),
    *(("50", 15), ("58", 16), ("2200", 16), ("2204", 19), ("60", 16), ("508", 16), ("506099", 19)),
)
SEPARATORS = ("", " ", "-", "  ", "\u00a0", "\u3000", ".")


def luhn_digit(body: str) -> str:
    """The check digit of ISO/IEC 7812: every second digit from the right doubled, digits summed."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * 2 if place % 2 == 0 else int(digit)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    """A number that some network could have issued."""
    prefix, length = draw(st.sampled_from(_PREFIXES))
    fewest = length - len(prefix) - 1
    body = prefix + draw(st.text("0123456789", min_size=fewest, max_size=fewest))
    return body + luhn_digit(body)


@st.composite
def writings(draw: st.DrawFn, number: str) -> str:
    """The number as somebody may have typed or a printer parted it."""
    separator = draw(st.sampled_from(SEPARATORS))
    size = draw(st.sampled_from((1, 2, 4, 4, 4, 5)))
    written = separator.join(number[at : at + size] for at in range(0, len(number), size))
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    return written.translate(wide) if draw(st.integers(0, 9)) == 0 else written


def ordinary(text: str) -> str:
    """Only the digits of a text, all of them ASCII."""
    return "".join(str(int(char)) for char in text if char.isdecimal())


def leaks(number: str, text: str) -> bool:
    """Whether more than the last four digits of a number can be read in a text, in any writing."""
    return number[-5:] in ordinary(text) and number[:-4][-6:] in ordinary(text)

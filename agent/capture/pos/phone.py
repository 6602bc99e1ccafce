"""Phone numbers in one spelling, so that one person does not become two.

A till with older software writes ``+86 138…``, its neighbour ``138…``. The key under which a number
is sealed and looked up depends on its spelling, so E.164 is made here, before anything else.
"""

from __future__ import annotations

import phonenumbers


def e164(text: str, region: str) -> str:
    """A number in E.164, or the text as it was where it cannot be a number of any country.

    Args:
        text: as read at the till.
        region: ISO 3166 code of the country in which a number without country code is read.
    """
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_possible_number(number):
        return text
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

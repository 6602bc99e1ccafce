"""Who the sale was for, as far as the till wrote an identifier."""

from __future__ import annotations

import re
from typing import Final

from agent.capture.pos.mapping.rules import SaleRules
from agent.capture.pos.mapping.transcript import Field, Texts
from models.people.phones import in_one_spelling
from models.wire.events.sale import Loyalty, Scheme

_PLACES: Final = (
    (Field.PHONE, Scheme.PHONE),
    (Field.CARD, Scheme.CARD),
    (Field.MEMBER_CODE, Scheme.MEMBER_CODE),
)
_MASKED: Final = re.compile(r"[*xX•●＊#]{2,}|[*•●＊]")


def read_loyalty(header: Texts, rules: SaleRules, phone_region: str) -> list[Loyalty]:
    """The identifiers, each once: phone, card, member code.

    What is masked names nobody, and nothing but zeros is how tills say that there is none. Names
    are kept only where the profile says so, on the first identifier alone.
    """
    found: list[Loyalty] = []
    for name, scheme in _PLACES:
        value = _value(header.get(name, ""), scheme, phone_region)
        if value:
            programme = rules.programmes.get(scheme, "")
            kept = rules.keep_names and not found
            found.append(
                Loyalty(
                    scheme=scheme,
                    value=value,
                    programme=programme,
                    family_name=header.get(Field.FAMILY_NAME, "") if kept else "",
                    given_name=header.get(Field.GIVEN_NAME, "") if kept else "",
                )
            )
    return found


def _value(text: str, scheme: Scheme, phone_region: str) -> str:
    if not text.strip("0") or _MASKED.search(text):
        return ""
    return in_one_spelling(text, phone_region) if scheme is Scheme.PHONE else text

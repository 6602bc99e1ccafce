"""Who the receipt is for, as far as the till read an identifier.

Nothing is guessed: addresses, birthdays (age checks write them), households and free text are not
looked at. Names are kept only where the profile says so, on the first identifier alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from agent.capture.pos.fields import flag, text_at
from agent.capture.pos.profile import IdentifierPlace, NamePlaces, TillProfile
from models.people.phones import in_one_spelling
from models.wire.events.sale import Loyalty, Scheme

_ON_A_LINE = "LineItem/"


def read_loyalty(
    transaction: Element, body: Element, profile: TillProfile, phone_region: str
) -> list[Loyalty]:
    """The identifiers on a receipt, each once, in the order of the profile's places."""
    found: dict[tuple[Scheme, str, str], None] = {}
    for place in profile.identifiers:
        for holder in _holders(transaction, body, place):
            value = _value(text_at(holder, place.value), place.scheme, phone_region)
            if value:
                found[place.scheme, value, _programme(holder, place)] = None
    family, given = _names(body, profile.names) if found else ("", "")
    return [
        Loyalty(
            scheme=scheme,
            value=value,
            programme=programme,
            family_name="" if index else family,
            given_name="" if index else given,
        )
        for index, (scheme, value, programme) in enumerate(found)
    ]


def _holders(transaction: Element, body: Element, place: IdentifierPlace) -> Iterator[Element]:
    """The elements that may hold an identifier; a card on a void line was taken off again."""
    if place.at.startswith("/"):
        yield from transaction.iterfind(place.at[1:])
        return
    if not place.at.startswith(_ON_A_LINE):
        yield from body.iterfind(place.at)
        return
    below = place.at.removeprefix(_ON_A_LINE)
    for item in body.iterfind("LineItem"):
        if not flag(item, "VoidFlag"):
            yield from item.iterfind(below)


def _value(text: str, scheme: Scheme, phone_region: str) -> str:
    """The identifier; nothing but zeros, and what was masked, is none."""
    if not text.strip("0") or "*" in text:
        return ""
    return in_one_spelling(text, phone_region) if scheme is Scheme.PHONE else text


def _programme(holder: Element, place: IdentifierPlace) -> str:
    stated = text_at(holder, place.programme_at) if place.programme_at else ""
    return stated or place.programme


def _names(body: Element, names: NamePlaces) -> tuple[str, str]:
    return (text_at(body, names.family), text_at(body, names.given)) if names.keep else ("", "")

"""The codes of a line of goods: what was scanned, what is a GTIN, and single pieces' numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from agent.capture.pos.fields import stated
from agent.capture.pos.gtin import GtinKind, kind_of_gtin

_GTIN_TYPE: Final = re.compile(r"(?:gtin|ean|upc|jan|isbn|itf)[ace]?(?:8|12|13|14)?", re.IGNORECASE)
_OWN_TYPE: Final = re.compile(
    r"plu|sku|dep|internal|article|artikel|vendor|supplier", re.IGNORECASE
)
_GTIN_ELEMENTS: Final = ("GTIN", "EAN", "UPC")
_SERIAL_ELEMENTS: Final = frozenset(
    {"SerialNumber", "EPC", "SGTIN", "RFID", "RFIDTag", "RFIDTagID", "TagID", "TagNumber", "IMEI"}
)
_SERIAL_HOLDERS: Final = frozenset(
    {"SerializedUnit", "SerializedItem", "SerialNumbers", "SerializedUnits", "RFIDTags", "Tags"}
)
_UNTYPED_LENGTHS: Final = frozenset({12, 13, 14})


def codes_of(goods: Element) -> tuple[str, str]:
    """The code that the cashier scanned or typed, and the one of them that is a GTIN.

    A code whose type says nothing is a GTIN only with the length and the check digit of one.
    """
    code = gtin = untyped = ""
    for kind, text in _written_codes(goods):
        code = code or text
        if _GTIN_TYPE.fullmatch(re.sub(r"[^A-Za-z0-9]", "", kind)):
            gtin = gtin or text
        elif not _OWN_TYPE.search(kind) and _reads_like_one(text):
            untyped = untyped or text
    return code, gtin or untyped


def serials_of(goods: Element) -> list[str]:
    """The numbers of single pieces, each once, in the order in which they stand."""
    found: dict[str, None] = {}
    for child in goods:
        if child.tag in _SERIAL_ELEMENTS or child.tag in _SERIAL_HOLDERS:
            found |= dict.fromkeys(_texts(child))
    return list(found)


def _written_codes(goods: Element) -> Iterator[tuple[str, str]]:
    for child in goods:
        if child.tag == "POSIdentity":
            kind = stated(child, "POSIDType")
            code = stated(child, "POSItemID")
            if code:
                yield kind, code
        elif child.tag in _GTIN_ELEMENTS:
            yield child.tag, _text(child)
        elif child.tag == "ItemID" and child.attrib:
            # Tills disagree about what the attribute is called that says so.
            yield from (
                (kind, _text(child)) for kind in child.attrib.values() if _GTIN_TYPE.fullmatch(kind)
            )


def _reads_like_one(text: str) -> bool:
    return len(text) in _UNTYPED_LENGTHS and kind_of_gtin(text) is GtinKind.TRADE_ITEM


def _texts(element: Element) -> Iterator[str]:
    for each in element.iter():
        text = _text(each)
        if text:
            yield text


def _text(element: Element) -> str:
    return (element.text or "").strip()

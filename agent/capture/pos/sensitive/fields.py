"""What a field's name says of the digits in it.

A name is that of an element, an attribute, a JSON member or a column, in any spelling of words that
are put together (``POSItemID``, ``pos_item_id``). Five answers are enough; a name that says nothing
is free text, where everything is looked for.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache


class Context(StrEnum):
    """What may stand in a field."""

    FREE = "free"
    """Anything that somebody typed or printed."""

    CODE = "code"
    """A receipt's number, a serial number, a phone, a member's number: digits, and no card."""

    ITEM = "item"
    """An article's code: a number of thirteen digits is no card there, one of sixteen is."""

    CARD = "card"
    """The number of a payment card: four digits of it may be kept, whatever it adds up to."""

    SECRET = "secret"  # noqa: S105 - a kind of field, no password
    """Security codes, tracks, authorisation and payment codes: nothing of it is kept."""


@cache
def context_of(name: str) -> Context:
    """What a field of this name holds."""
    plain = name.rpartition(":")[2].replace("_", "").replace("-", "").replace(".", "").lower()
    if _secret().fullmatch(plain):
        return Context.SECRET
    if _item().search(plain):
        return Context.ITEM
    if _code().search(plain):
        return Context.CODE
    return Context.CARD if _card().fullmatch(plain) else Context.FREE


@cache
def _secret() -> re.Pattern[str]:
    return re.compile(
        r"(?:\w*auth(?:ori[sz]ation)?(?:result|response)?(?:code|no|nr|number)|\w*approvalcode|\w*(?:pay|payment)code"
        r"|\w*(?:cvv|cvc|cvn)2?|(?:card)?(?:security|verification)(?:code|value|number)"
        r"|\w*track[123]?(?:data)?|\w*magstripe(?:data)?|\w*(?:encrypted)?pinblock)"
    )


@cache
def _card() -> re.Pattern[str]:
    return re.compile(
        r"(?:\w*(?:primaryaccountnumber|accountnumber|(?:credit|debit|bank|check|payment|payer)?"
        r"card(?:no|nr|num|number)|cardaccount(?:id|number)?|maskedpan|fpan|dpan|pan))"
    )


@cache
def _item() -> re.Pattern[str]:
    """The code of an article, not the number of a line with one or of a single piece."""
    things = "item|article|artikel|produ[ck]t|goods|material"
    return re.compile(
        rf"(?<!line)(?<!order)(?:{things})(?:id|no|nr|num|nummer|number|code)$"
        r"|(?:gtin|ean|ean13|upc|plu|sku)(?:id|no|nr|num|nummer|number|code)?$"
    )


@cache
def _code() -> re.Pattern[str]:
    """Names of things, ending in a word for a number; and words that are numbers by themselves."""
    things = (
        "item|article|artikel|produ[ck]t|goods|material|receipt|bon|beleg|transaction|trans|txn"
        "|order|invoice|sequence|loyalty|member|membership|customer|kunden|voucher|coupon|gift"
        "|store|business|unit|workstation|terminal|till|operator|worker|employee|batch|fiscal"
        "|journal|document|promotion|rebate|rule|envelope|bag|tag|serial|gtin|ean|upc|plu|sku"
    )
    return re.compile(
        rf"(?:{things})\w*(?:id|no|nr|num|nummer|number|code|key|uid|uri)$"
        r"|(?:gtin|ean|ean13|upc|plu|sku|epc|barcode|barcodedata|serial|sgtin|imei|iccid)$"
        r"|(?:phone|telephone|telephonenumber|mobile|mobilenumber|tel|fax|faxnumber|phonenumber)$"
        r"|(?:date|time|datetime|timestamp|uuid|guid|hash|digest|sha256|signature|checksum)$"
    )

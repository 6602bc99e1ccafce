"""Bytes to plain values, whatever somebody sends.

Numbers with a decimal point stay texts, digit by digit: an amount must not pass through binary
fractions. ``NaN``, deep nesting, unpaired surrogates and integers of thousands of digits are
refused by the decoder itself, at once.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar

import msgspec

from agent.capture.pos.malformed import Malformed
from agent.capture.pos.web.answers import Problem, Trouble

Kind = TypeVar("Kind")

_ANYTHING: Final = msgspec.json.Decoder(float_hook=str)
_BOM: Final = b"\xef\xbb\xbf"
_QUOTED: Final = re.compile(r"'[^']*'|`(?![a-z_]{1,40}`|\$)[^`]*`")
_LONGEST_DETAIL: Final = 200
_LONGEST_NUMBER: Final = 40
_MOST_OBJECTS: Final = 2_000  # as our own schema allows


def decode_as(body: bytes, decoder: msgspec.json.Decoder[Kind]) -> Kind:
    """A body as what it should be.

    Raises:
        Problem: it is no JSON (400), or not of this form (422); names the place, quotes nothing.
    """
    try:
        return decoder.decode(body.removeprefix(_BOM))
    except msgspec.ValidationError as error:
        detail = _QUOTED.sub("…", str(error))[:_LONGEST_DETAIL]
        raise Problem(Trouble.INVALID, f"{detail}; see /v1/transaction.schema.json") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(Trouble.UNREADABLE, f"the body is no JSON: {_reason(error)}") from error


def decode_object(body: bytes) -> dict[str, Any]:
    """A body as a JSON object whose fractions are texts; raises Problem as ``decode_as``."""
    try:
        read = _ANYTHING.decode(body.removeprefix(_BOM))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(Trouble.UNREADABLE, f"the body is no JSON: {_reason(error)}") from error
    if not isinstance(read, dict):
        raise Problem(Trouble.UNREADABLE, "the body is no JSON object")
    return read


def text_of(value: object) -> str:
    """A scalar as a till would write it; empty for what is missing, a list or an object."""
    match value:
        case str():
            return value.strip()
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case _:
            return ""


def decimal_of(value: object, name: str) -> Decimal:
    """A number that came as text or integer; 0 where there is none; raises Malformed."""
    text = text_of(value)
    try:
        read = Decimal(text or "0") if len(text) <= _LONGEST_NUMBER else Decimal("NaN")
    except InvalidOperation as error:
        raise Malformed(f"{name} is not a number") from error
    if not read.is_finite() or read.adjusted() > _LONGEST_NUMBER:
        raise Malformed(f"{name} is not a number that we can hold")
    return read


def object_at(value: object, name: str) -> dict[str, Any]:
    """A member that is an object; empty where it is missing or something else."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def objects_at(value: object, name: str) -> list[dict[str, Any]]:
    """A member that is a list of objects; empty where it is missing.

    Raises:
        Malformed: it is something else, holds something else, or more than any receipt.
    """
    found = value.get(name) if isinstance(value, dict) else None
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Malformed(f"{name} is no list of objects")
    if len(found) > _MOST_OBJECTS:
        raise Malformed(f"{name} has more than {_MOST_OBJECTS} entries")
    return found


def _reason(error: Exception) -> str:
    match error:
        case UnicodeDecodeError():
            return "it is not UTF-8"
        case RecursionError():
            return "it is nested too deeply"
        case _:
            return "it is malformed, cut off, or holds a number that nobody can hold"

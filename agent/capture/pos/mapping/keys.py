"""What a transaction is called for ever, and where and when it was."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Final, assert_never
from urllib.parse import quote

from agent.capture.pos.malformed import Malformed
from agent.capture.pos.mapping.moments import business_day_of
from agent.capture.pos.mapping.rules import KeyPart, SaleRules
from agent.capture.pos.mapping.transcript import Field, Texts
from models.wire.events.sale import Flag, natural_key, natural_key_of_uuid
from models.wire.ids import DevicePath

_LONGEST_PART: Final = 64


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a transaction was.

    Attributes:
        flags: what had to be assumed.
        is_stated: whether the till itself named day and workstation, so that they can be a key.
    """

    business_unit: str
    workstation_id: str
    business_day: date
    begin_at: datetime | None
    end_at: datetime
    flags: tuple[Flag, ...]
    is_stated: bool


def read_place(header: Texts, rules: SaleRules, device: DevicePath, zone: tzinfo) -> Place:
    """Where and when.

    A till that does not say which shop or workstation it is, is the one that this device serves.

    Raises:
        Malformed: there is no time, or a day or time is in none of the profile's formats.
    """
    end_at, assumed = _end(header, rules, zone)
    begin = header.get(Field.BEGIN_AT, "")
    day = header.get(Field.BUSINESS_DAY, "")
    workstation = header.get(Field.WORKSTATION_ID, "")
    return Place(
        business_unit=header.get(Field.BUSINESS_UNIT) or device.store,
        workstation_id=workstation or rules.key.workstation or device.device,
        business_day=(
            rules.moments.day(day, Field.BUSINESS_DAY)
            if day
            else business_day_of(end_at.astimezone(zone), rules.key.day_begins_h)
        ),
        begin_at=rules.moments.moment(begin, zone, Field.BEGIN_AT)[0] if begin else None,
        end_at=end_at,
        flags=(Flag.TIMEZONE_ASSUMED,) if assumed else (),
        is_stated=bool(day and (workstation or rules.key.workstation)),
    )


def read_key(
    header: Texts, place: Place, total_minor: int, rules: SaleRules, store: str
) -> tuple[str, bool]:
    """The natural key, and whether it is a derived one.

    The till's own UUID; else the parts that the profile names; else shop, workstation, day and
    number, which count as derived where the till did not state them all.

    Raises:
        Malformed: what the key is made of is missing.
    """
    given = _uuid(header.get(Field.TRANSACTION_ID, ""))
    if given:
        return natural_key_of_uuid(store, given), False
    if rules.key.parts:
        parts = [_part(each, header, place, total_minor) for each in rules.key.parts]
        return "/".join((store, "derived", *parts)), True
    number = _printed(header, Field.SEQUENCE_NUMBER)
    key = natural_key(store, place.business_unit, place.workstation_id, place.business_day, number)
    return key, not place.is_stated


def _end(header: Texts, rules: SaleRules, zone: tzinfo) -> tuple[datetime, bool]:
    """When it ended; else the day and time that stand apart; else when it began."""
    day = header.get(Field.END_DATE) or header.get(Field.BUSINESS_DAY, "")
    at = header.get(Field.END_TIME, "")
    if whole := header.get(Field.END_AT, ""):
        return rules.moments.moment(whole, zone, Field.END_AT)
    if day and at:
        return rules.moments.joined(day, at, zone, Field.END_TIME)
    if begin := header.get(Field.BEGIN_AT, ""):
        return rules.moments.moment(begin, zone, Field.BEGIN_AT)
    raise Malformed("the time of the transaction (end_at, or end_date and end_time) is missing")


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text)) if text else ""
    except ValueError:
        return ""


def _part(part: KeyPart, header: Texts, place: Place, total_minor: int) -> str:
    match part:
        case KeyPart.BUSINESS_UNIT:
            return _quoted(place.business_unit, part)
        case KeyPart.WORKSTATION_ID:
            return _quoted(place.workstation_id, part)
        case KeyPart.BUSINESS_DAY:
            return place.business_day.isoformat()
        case KeyPart.END_AT:
            return place.end_at.isoformat(timespec="seconds")
        case KeyPart.TOTAL:
            return str(total_minor)
        case KeyPart.TILL_ID | KeyPart.SEQUENCE_NUMBER | KeyPart.RECEIPT_NUMBER:
            return _printed(header, Field(part))
        case _:
            assert_never(part)


def _printed(header: Texts, name: Field) -> str:
    text = header.get(name, "")
    if not text:
        raise Malformed(f"{name} is missing, and the transaction's key is made of it")
    return _quoted(text, name)


def _quoted(text: str, name: str) -> str:
    """A part of a key; quoted, so that no text of one part can look like two parts."""
    if len(text) > _LONGEST_PART:
        raise Malformed(f"{name} is longer than {_LONGEST_PART} characters")
    return quote(text, safe=" :+")

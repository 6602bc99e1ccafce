"""Trains the dictionary with which the outbox packs bodies at rest (``agent/outbox/packing``).

    python -m tests.simulators.event_words agent/outbox/words-2.zdict 2

A dictionary that shops have files of is never changed, or their events could not be read again: a
better one gets the next number. It learns from the golden events with every name, number and time
drawn anew, so it holds what all shops have in common, the words of the wire, and nobody's goods.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import zstandard

from models.wire.events.sale import Flag, Kind, LineKind, LinkReason, Scheme, Status

GOLDEN = Path(__file__).parents[1] / "contract" / "golden"
LESSONS = 4000
SIZE = 6144

_SALES_SHARE = 0.6
_HEX = re.compile(r"[0-9a-f]{16,}")
_NUMBER = re.compile(r"[0-9]+")
_IN_PATHS = re.compile(r"(?<!lk)[0-9]+(?!-)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SOME_DAY = datetime(2026, 11, 1, tzinfo=UTC)
_YEARS_MS = 2 * 365 * 86_400_000
_SYLLABLES = (
    "ba",
    "chen",
    "li",
    "mo",
    "shu",
    "tian",
    "wu",
    "xi",
    "康",
    "乐",
    "面",
    "奶",
    "水",
    "茶",
)
_STAMPED = ("epoch", "sequence", "historical")
_PERSONAL = ("value", "family_name", "given_name", "birthday")
_CHOICES = {
    "kind": (*10 * (Kind.RETAIL,), *Kind),
    "status": (*20 * (Status.COMPLETED,), *Status),
    "scheme": tuple(Scheme),
    "uom": ("EA", "KG"),
    "entry_method": ("Scanned", "Keyed"),
    "adapter": ("poslog", "escpos", "csv"),
    "currency": ("CNY", "EUR", "JPY"),
}
_OPTIONAL = {
    "links": 0.1,
    "loyalty": 0.3,
    **dict.fromkeys(("discounts", "totals", "taxes"), 0.3),
    **dict.fromkeys(("begin_at", "till_id", "operator_ref", "transaction_id"), 0.5),
    "receipt_number": 0.5,
}
"""How often the content has a member that is absent when it says nothing."""

_OF_LINES = {
    "gtin": "6901234567892",
    "quantity": "2",
    "uom": "EA",
    "entry_method": "Scanned",
    "actual_price_minor": 990,
    "discounts": [{"amount_minor": -100, "reason": "promotion"}],
}


def lessons(random: Random) -> Iterator[bytes]:
    """Events as they lie in an outbox, of every type."""
    sales: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for path in sorted(GOLDEN.glob("event.*.json")):
        event = msgspec.json.decode(path.read_bytes())
        (sales if "sale" in path.name else others).append(event)
    for _ in range(LESSONS):
        event = random.choice(sales if random.random() < _SALES_SHARE else others)
        plain = {name: value for name, value in event.items() if name not in _STAMPED}
        yield msgspec.json.encode(_drawn(plain, random))


def train(number: int, random: Random) -> bytes:
    """A dictionary with this number, which every body packed with it will name."""
    return zstandard.train_dictionary(SIZE, list(lessons(random)), dict_id=number).as_bytes()


def _drawn(value: Any, random: Random, name: str = "") -> Any:
    match value:
        case dict():
            return {key: _drawn(each, random, key) for key, each in _members(value, random, name)}
        case [dict() as first, *_]:
            count = random.choice((1, 1, 2, 3, 5, 8))
            rows = [{**random.choice(value)} for _ in range(count)]
            if "sequence" in first:
                rows = [row | {"sequence": number} for number, row in enumerate(rows, start=1)]
            return [_drawn(row, random, name) for row in rows]
        case str():
            return _word(value, random, name) or _text(value, random, name)
        case int() | float() if name != "sequence" and not isinstance(value, bool):
            drawn = value * 10 ** random.uniform(-1, 1)
            return round(drawn, 1 if isinstance(value, float) else None)
        case _:
            return value


def _members(value: dict[str, Any], random: Random, name: str) -> Iterator[tuple[str, Any]]:
    """Those of the envelope, all; of the content some are absent, as they are when default."""
    if name == "lines" and "extended_amount_minor" in value:
        value = value | {key: each for key, each in _OF_LINES.items() if random.random() < 1 / 3}
    if name == "capture" and random.random() < 1 / 3:
        value = value | {"flags": [random.choice(list(Flag))]}
    for key, each in value.items():
        if random.random() < _OPTIONAL.get(key, 1.0):
            yield key, each


def _word(text: str, random: Random, name: str) -> str:
    """A value of a member that holds words; empty for one that does not."""
    if text in set(LineKind):
        return str(random.choice((*10 * (LineKind.SALE,), LineKind.RETURN)))
    if name in _CHOICES:
        return str(random.choice(_CHOICES[name]))
    if name == "reason" and text in set(LinkReason):
        return str(random.choice(list(LinkReason)))
    if name in _PERSONAL:
        return f"sealed:1:{random.randbytes(16).hex()}:{_base64(random)}"
    if name in ("description", "operator_ref", "profile", "network"):
        return "".join(random.choices(_SYLLABLES, k=random.randrange(2, 7)))
    return ""


def _text(text: str, random: Random, name: str) -> str:
    """Names of things, with other letters and digits."""
    text = _HEX.sub(lambda found: random.randbytes(len(found[0])).hex()[: len(found[0])], text)
    if text.startswith(("urn:", "1.0", "segment", "T", "R")):
        return text
    text = text.replace("demo", "".join(random.choices(_SYLLABLES[:8], k=2)))
    if _DATE.match(text):
        return _moment(text, random)
    if name in ("source", "natural_key", "subject", "business_unit"):
        text = text.replace("sh-0001", random.choice(("sh-0001", "store-12", "hz-07", "1024")))
        return _IN_PATHS.sub(lambda found: _digits(found[0], random), text)
    return _NUMBER.sub(lambda found: _digits(found[0], random), text)


def _moment(like: str, random: Random) -> str:
    """Another day and time in the same form."""
    at = _SOME_DAY + timedelta(milliseconds=random.randrange(_YEARS_MS))
    if len(like) == len("2026-11-22"):
        return f"{at:%Y-%m-%d}"
    zone = "Z" if like.endswith("Z") else random.choice(("+08:00", "+08:00", "+02:00"))
    fraction = f".{at.microsecond // 1000:03}" if "." in like else ""
    return f"{at:%Y-%m-%dT%H:%M:%S}{fraction}{zone}"


def _digits(like: str, random: Random) -> str:
    """As many digits; those of goods begin with the number of their country."""
    kept = 3 if like.startswith("690") else 0
    return like[:kept] + "".join(random.choices("0123456789", k=len(like) - kept))


def _base64(random: Random) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return "".join(random.choices(alphabet, k=56))


def main() -> None:
    """Write the dictionary that is named, with the number that is named."""
    path, number = Path(sys.argv[1]), int(sys.argv[2])
    path.write_bytes(train(number, Random(number)))


if __name__ == "__main__":
    main()

"""What happens to records on their way: every function spoils bytes, as chance says.

None makes or takes away a line end, which would make two records of one; what a broken line does
to its neighbours is the tail's business, and has its own tests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random
from typing import Any


class NothingToSpoil(Exception):
    """A damage does nothing to a record: it holds nothing of the kind."""


Damage = Callable[[bytes, Random], bytes]

_NUMBER = re.compile(rb"[0-9]+(?:[.,][0-9]+)?")
_DATE = re.compile(rb"20[0-9]{2}-?[0-9]{2}-?[0-9]{2}|[0-9]{2}\.[0-9]{2}\.20[0-9]{2}")
_ELEMENT = re.compile(rb"<(\w+)(?: [^<>]*)?>[^<>]*</\1>")
_ABSURD = (b"1e308", b"-0", b"99999999999999999999", b"NaN", b"Infinity", b"0x1F", b"1,5.5", b"")
_ABSURD_DATES = (b"9999-99-99", b"0000-00-00", b"1601-01-01", b"+275760-09-13", b"yesterday")
_HUGE = 300_000
_DEEP = 20_000


def cut_short(data: bytes, random: Random) -> bytes:
    """Something between two and nine tenths of it are left."""
    return data[: max(8, int(len(data) * random.uniform(0.2, 0.9)))]


def beginning_lost(data: bytes, random: Random) -> bytes:
    """The first tenths are gone."""
    return data[int(len(data) * random.uniform(0.1, 0.6)) :]


def bit_flipped(data: bytes, random: Random) -> bytes:
    """One bit, somewhere."""
    spoilt = bytearray(data)
    spoilt[random.randrange(len(spoilt))] ^= 1 << random.randrange(8)
    return bytes(spoilt)


def noise(data: bytes, random: Random) -> bytes:
    """Twelve bytes of chance over whatever stood there."""
    at = random.randrange(max(1, len(data) - 12))
    return data[:at] + random.randbytes(12) + data[at + 12 :]


def zeros(data: bytes, random: Random) -> bytes:
    """A stretch of zero bytes, as a power cut leaves."""
    at = random.randrange(max(1, len(data) - 32))
    return data[:at] + bytes(32) + data[at + 32 :]


def mojibake(data: bytes, random: Random) -> bytes:
    """Text written in one encoding and read in another; half a character in plain ASCII."""
    at = random.randrange(len(data))
    return (
        data.decode("latin-1").encode("utf-8")
        if not data.isascii()
        else (
            data[:at] + random.choice((b"\xc3\x83\xc2\xa9", b"\xe8\xb1", b"\xa4\xff")) + data[at:]
        )
    )


def other_encoding(data: bytes, random: Random) -> bytes:
    """The record in UTF-16 among others that are not."""
    del random
    return data.decode("latin-1").encode("utf-16-le")


def absurd_number(data: bytes, random: Random) -> bytes:
    """One number is what no till can mean."""
    return _replaced(_NUMBER, data, random, random.choice(_ABSURD))


def absurd_date(data: bytes, random: Random) -> bytes:
    """One date is none."""
    return _replaced(_DATE, data, random, random.choice(_ABSURD_DATES))


def _replaced(pattern: re.Pattern[bytes], data: bytes, random: Random, by: bytes) -> bytes:
    match = random.choice(list(pattern.finditer(data)))
    return data[: match.start()] + by + data[match.end() :]


def wrong_sum(data: bytes, random: Random) -> bytes:
    """One number is another one."""
    found = list(_NUMBER.finditer(data))
    match = random.choice(found)
    digits = bytearray(match[0])
    places = [at for at, byte in enumerate(digits) if 48 <= byte <= 57]
    at = random.choice(places)
    digits[at] = 48 + (digits[at] - 48 + random.randrange(1, 10)) % 10
    return data[: match.start()] + bytes(digits) + data[match.end() :]


def huge_text(data: bytes, random: Random) -> bytes:
    """Some hundred kilobytes in the middle of it."""
    at = random.randrange(len(data))
    return data[:at] + b"A" * _HUGE + data[at:]


def stuttered(data: bytes, random: Random) -> bytes:
    """A piece comes twice."""
    at, size = random.randrange(len(data)), random.randint(4, 200)
    return data[: at + size] + data[at:]


def left_out(data: bytes, random: Random) -> bytes:
    """A piece is missing."""
    at, size = random.randrange(len(data)), random.randint(4, 60)
    return data[:at] + data[at + size :]


def transposed(data: bytes, random: Random) -> bytes:
    """Two neighbouring numbers change places, as columns do when somebody edits an export."""
    found = list(_NUMBER.finditer(data))
    at = random.randrange(len(found) - 1)
    one, two = found[at], found[at + 1]
    return data[: one.start()] + two[0] + data[one.end() : two.start()] + one[0] + data[two.end() :]


def replaced_by_noise(data: bytes, random: Random) -> bytes:
    """All of it is chance: a block of somebody else's file."""
    return random.randbytes(min(len(data), 4_000))


ANY: Mapping[str, Damage] = {
    each.__name__: each
    for each in (
        *(cut_short, beginning_lost, bit_flipped, noise, zeros, mojibake, other_encoding),
        *(absurd_number, absurd_date, wrong_sum, huge_text, stuttered, left_out, transposed),
        replaced_by_noise,
    )
}


def element_doubled(data: bytes, random: Random) -> bytes:
    """One element stands there twice."""
    match = random.choice(list(_ELEMENT.finditer(data)))
    return data[: match.end()] + match[0] + data[match.end() :]


def element_omitted(data: bytes, random: Random) -> bytes:
    """One element is not there."""
    match = random.choice(list(_ELEMENT.finditer(data)))
    return data[: match.start()] + data[match.end() :]


def element_moved(data: bytes, random: Random) -> bytes:
    """One element stands somewhere else."""
    match = random.choice(list(_ELEMENT.finditer(data)))
    rest = data[: match.start()] + data[match.end() :]
    at = random.choice([found.start() for found in _ELEMENT.finditer(rest)])
    return rest[:at] + match[0] + rest[at:]


def nested_deeply(data: bytes, random: Random) -> bytes:
    """Thousands of elements, one in the other."""
    at = random.choice(list(_ELEMENT.finditer(data))).start()
    return data[:at] + b"<a>" * _DEEP + b"</a>" * _DEEP + data[at:]


def entities(data: bytes, random: Random) -> bytes:
    """An entity that nobody has declared."""
    at = random.choice(list(_ELEMENT.finditer(data))).start()
    return data[:at] + b"&lol9;" + data[at:]


def section_open(data: bytes, random: Random) -> bytes:
    """A comment or a section begins and does not end."""
    at = random.choice(list(_ELEMENT.finditer(data))).start()
    return data[:at] + random.choice((b"<!-- ", b"<![CDATA[", b"<?php ")) + data[at:]


XML: Mapping[str, Damage] = {
    each.__name__: each
    for each in (
        *(element_doubled, element_omitted, element_moved, nested_deeply, entities),
        section_open,
    )
}


def _of_json(change: Callable[[dict[str, Any], Random], None]) -> Damage:
    def spoil(data: bytes, random: Random) -> bytes:
        found = json.loads(data)
        change(_somewhere(found, random), random)
        return json.dumps(found, ensure_ascii=False).encode()

    return spoil


def _somewhere(found: Any, random: Random) -> dict[str, Any]:
    """One of the objects in it."""
    objects: list[dict[str, Any]] = []
    waiting = [found]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            objects += [each] if each else []
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return random.choice(objects)


def _set(value: object) -> Callable[[dict[str, Any], Random], None]:
    def change(found: dict[str, Any], random: Random) -> None:
        found[random.choice(list(found))] = value

    return change


def _drop(found: dict[str, Any], random: Random) -> None:
    del found[random.choice(list(found))]


def _rename(found: dict[str, Any], random: Random) -> None:
    name = random.choice(list(found))
    found[f"{name}_v2"] = found.pop(name)


def member_doubled(data: bytes, random: Random) -> bytes:
    """The same member twice, the second time with another value."""
    del random
    return data.replace(b"{", b'{"number": "x", "id": 7, ', 1)


def brackets(data: bytes, random: Random) -> bytes:
    """A list in a list in a list."""
    at = data.index(b":") + 1
    del random
    return data[:at] + b"[" * _DEEP + b"]" * _DEEP + b", " + data[at:]


JSON: Mapping[str, Damage] = {
    "member_null": _of_json(_set(None)),
    "member_nan": _of_json(_set(float("nan"))),
    "member_list": _of_json(_set([1, [2]])),
    "member_object": _of_json(_set({"a": {}})),
    "member_huge": _of_json(_set(10**400)),
    "member_text": _of_json(_set("twelve")),
    "member_dropped": _of_json(_drop),
    "schema_drift": _of_json(_rename),
    "member_doubled": member_doubled,
    "brackets": brackets,
}


def unknown_commands(data: bytes, random: Random) -> bytes:
    """Commands of a printer that nobody knows, with and without parameters."""
    spoilt = data
    for _ in range(3):
        at = random.randrange(len(spoilt))
        command = random.choice((b"\x1b\x7f", b"\x1d(\xfe\xff\x00", b"\x1c\xee\x01", b"\x10\x99"))
        spoilt = spoilt[:at] + command + spoilt[at:]
    return spoilt


def picture_without_end(data: bytes, random: Random) -> bytes:
    """A picture's head promises sixteen megabytes that do not come."""
    at = random.randrange(len(data))
    return data[:at] + b"\x1dv0\x00\xff\xff\xff\xff" + data[at:]


ESCPOS: Mapping[str, Damage] = {
    each.__name__: each for each in (unknown_commands, picture_without_end)
}


def spoilt(data: bytes, damage: Damage, random: Random, *, lines: bool = False) -> bytes:
    """A record that the damage has really changed; ``lines`` keeps its line ends as they are.

    Raises:
        NothingToSpoil: after many tries it is as it was.
    """
    ends = data.count(b"\n")
    for _ in range(200):
        with suppress(IndexError, ValueError):  # nothing of the kind stands in it
            found = damage(data, random)
            if found != data and (not lines or found.count(b"\n") == ends):
                return found
            if lines and found != data:
                flat = found.replace(b"\n", b" ")
                if not ends and flat != data:
                    return flat
    raise NothingToSpoil(damage)

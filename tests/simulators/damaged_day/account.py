"""Asks of every record where it is, and of every output what it shows."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from tests.simulators.damaged_day.box import Outputs, every
from tests.simulators.damaged_day.plants import Plant, Search
from tests.simulators.damaged_day.records import Record
from tests.simulators.damaged_day.remainders import dangerous

_WRONG_SUMS: Final = frozenset({"lines_disagree", "tenders_disagree", "other"})
_UNCOUNTED: Final = frozenset({"voided", "suspended", "training"})
_HIDDEN = re.compile(rb"[0-9*]")
_PARTED: Final = re.compile(rb"[\r\n]+|(?=\x1b@)")
"""Line by line; and where a printer is told to begin anew, paper is parted."""
_SHORTEST: Final = 12


@dataclass
class Account:
    """What became of the day.

    Attributes:
        faults: what must not be, one sentence each, in words that quote nothing.
        fates: records by till, damage and what became of them.
    """

    faults: list[str] = field(default_factory=list)
    fates: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def told(self) -> dict[str, dict[str, dict[str, int]]]:
        """The fates as JSON: till, damage, fate, how many."""
        table: dict[str, dict[str, dict[str, int]]] = {}
        for (till, damage, fate), count in sorted(self.fates.items()):
            table.setdefault(till, {}).setdefault(damage or "sound", {})[fate] = count
        return table


class Evidence:
    """The outputs, so that a record can be looked for in them."""

    def __init__(self, outputs: Outputs) -> None:
        self._outputs = outputs

    @cached_property
    def sales(self) -> list[tuple[str, dict[str, Any]]]:
        """Every event's text and what it says."""
        return [(body.decode(), json.loads(body)["data"]) for body in self._outputs.events]

    @cached_property
    def _numbers(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for _, sale in self.sales:
            key = str(sale.get("receipt_number") or sale.get("sequence_number", "")).lstrip("0#")
            found.setdefault(key, []).append(sale)
        return found

    @cached_property
    def _words(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for text, sale in self.sales:
            for marker in set(re.findall("Zq[a-z]{4}", text)):
                found.setdefault(marker, []).append(sale)
        return found

    @cached_property
    def _kept(self) -> list[bytes]:
        return [content for content, _ in self._outputs.quarantine.values()]

    @cached_property
    def _kept_hidden(self) -> list[bytes]:
        return [_HIDDEN.sub(b"", content) for content in self._kept]

    def captured(self, record: Record) -> list[dict[str, Any]]:
        """The sales that were made of a record."""
        if record.also:
            return [sale for text, sale in self.sales if record.also in text]
        return self._words.get(record.marker) or [
            sale
            for sale in self._numbers.get(str(record.number), [])
            if not self._marked_otherwise(sale)
        ]

    def is_kept(self, record: Record) -> bool:
        """Whether it lies in quarantine: by its marker, or as the very bytes that were sent."""
        written = [record.marker.encode(code) for code in ("ascii", "utf-16-le")]
        written += [record.also.encode()] if record.also else []
        if any(marker in content for content in self._kept for marker in written):
            return True
        pieces = [_HIDDEN.sub(b"", line) for line in _PARTED.split(record.sent)]
        pieces = [piece for piece in pieces if len(piece) >= _SHORTEST]
        return any(piece in content for content in self._kept_hidden for piece in pieces)

    def _marked_otherwise(self, sale: dict[str, Any]) -> bool:
        return bool(re.search("Zq[a-z]{4}", json.dumps(sale)))


def settle(records: Sequence[Record], outputs: Outputs) -> Account:
    """The account of a day."""
    account, evidence = Account(), Evidence(outputs)
    for record in records:
        fate = _fate(record, evidence)
        account.fates[record.till, record.damage, fate] += 1
        if fate.startswith("!"):
            what = record.damage or "sound"
            account.faults.append(f"{record.till} {record.marker} ({what}): {fate[1:]}")
    account.faults += _shown(records, outputs)
    return account


def _fate(record: Record, evidence: Evidence) -> str:
    """What became of a record; with an exclamation mark what must not."""
    sales = evidence.captured(record)
    if record.sound:
        return _fate_of_sound(record, sales)
    if sales and all(_is_right_or_flagged(record, sale) for sale in sales):
        right = any(_total(sale) == record.total_minor for sale in sales)
        return "right" if right else "flagged"
    if sales and not (record.refused or evidence.is_kept(record)):
        return "!captured with another total and without a flag"
    if record.refused:
        return "refused"
    return "quarantined" if evidence.is_kept(record) else "!nowhere"


def _fate_of_sound(record: Record, sales: list[dict[str, Any]]) -> str:
    if not sales:
        return "!a sound record is not in the outbox"
    if len({sale["natural_key"] for sale in sales}) != 1:
        return "!a sound record was counted more than once"
    right = [sale for sale in sales if _total(sale) == record.total_minor]
    if not right or _WRONG_SUMS.intersection(sales[-1].get("capture", {}).get("flags", [])):
        return "!a sound record is in the outbox and not as it was"
    return "right"


def _is_right_or_flagged(record: Record, sale: dict[str, Any]) -> bool:
    return (
        _total(sale) == record.total_minor
        or bool(_WRONG_SUMS.intersection(sale.get("capture", {}).get("flags", [])))
        or sale.get("status", "") in _UNCOUNTED
    )


def _total(sale: dict[str, Any]) -> int:
    """Zero is not written."""
    return int(sale.get("total_minor", 0))


@dataclass(frozen=True)
class _Secret:
    """What of a record's plant must be nowhere."""

    record: Record
    plant: Plant
    pieces: frozenset[str]

    @property
    def name(self) -> str:
        """For people; says nothing of what it reads."""
        damage = self.record.damage or "sound"
        return f"{self.record.till} {self.record.marker} ({damage}): {self.plant.kind}"


def _shown(records: Sequence[Record], outputs: Outputs) -> Iterator[str]:
    """What of the planted can be read where it must not be."""
    secrets = list(_secrets(records))
    yield from _found(secrets, every(outputs))
    kept = (*outputs.archive.values(), *(each for each, _ in outputs.quarantine.values()))
    cards = [secret for secret in secrets if secret.plant.is_card_data]
    yield from _found(cards, (("kept", content.decode("latin-1")) for content in kept))


def _secrets(records: Sequence[Record]) -> Iterator[_Secret]:
    for record in records:
        for plant in record.plants:
            pieces = frozenset(dangerous(plant, record))
            if pieces:
                yield _Secret(record, plant, pieces)


def _found(secrets: Sequence[_Secret], outputs: Iterable[tuple[str, str]]) -> Iterator[str]:
    search = Search(piece for secret in secrets for piece in secret.pieces)
    for where, text in outputs:
        shown = search.shown(text)
        for secret in secrets if shown else ():
            if not shown.isdisjoint(secret.pieces):
                yield f"{secret.name} shows in {where}"

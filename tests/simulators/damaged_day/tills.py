"""The tills of the day: each invents its records, damages some, and says how they are delivered.

What a till hands over is a ``Delivery``: files to be laid somewhere, jobs to be printed, posts to
be made, tables to be filled. The box takes it from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import cycle
from random import Random
from typing import Protocol

from tests.simulators.damaged_day.damages import (
    ANY,
    ESCPOS,
    JSON,
    XML,
    Damage,
    NothingToSpoil,
    spoilt,
)
from tests.simulators.damaged_day.plants import by_kind, planted
from tests.simulators.damaged_day.records import Record, blank_records, chosen
from tests.simulators.journal_writer import Article, Basket, flow_file, german_csv, order_stream
from tests.simulators.poslog_writer import goods, poslog, retail, tender, transaction
from tests.simulators.printing_till import CUT, INIT
from tests.simulators.receipt_printer import chinese_receipt

SHARE = 0.1
_MORNING = datetime(2025, 11, 7, 8, 0)  # noqa: DTZ001 - the till's own wall clock
_PLANTED = 0.5


class Choice:
    """One till's chance: which records are damaged, how, and what is planted."""

    def __init__(self, seed: int, till: str) -> None:
        self.random = Random(f"{seed} {till}")

    def prepare(self, records: list[Record], damages: Mapping[str, Damage]) -> None:
        """Choose who is to be damaged by what, each kind as often as the others."""
        kinds = cycle(self.random.sample(sorted(damages), len(damages)))
        for record in chosen(records, SHARE, self.random):
            record.damage = next(kinds)
        for record in records:
            if record.damage or self.random.random() < _PLANTED:
                record.plants = planted(self.random, record.marker)

    def spoil(self, data: bytes, record: Record, damages: Mapping[str, Damage]) -> bytes:
        """The record as it goes out."""
        record.wrote = data
        if record.damage:
            data = spoilt(data, damages[record.damage], self.random)
        record.sent = data
        return data

    def spoil_line(self, data: bytes, record: Record, damages: Mapping[str, Damage]) -> bytes:
        """The same for lines of a journal: one of them is damaged."""
        record.wrote = data
        if record.damage:
            data = self._one_line_spoilt(data, damages[record.damage])
        record.sent = data
        return data

    def _one_line_spoilt(self, data: bytes, damage: Damage) -> bytes:
        lines = data.splitlines(keepends=True)
        for at in self.random.sample(range(len(lines)), len(lines)):
            plain = lines[at].rstrip(b"\r\n")
            end = lines[at][len(plain) :]
            with suppress(NothingToSpoil):
                changed = spoilt(plain, damage, self.random, lines=True)
                lines[at] = changed.replace(b"\r", b" ") + end
                return b"".join(lines)
        raise NothingToSpoil(damage)

    def basket(self, record: Record, till: int, *, saved: bool = True) -> Basket:
        """What was sold: two articles that bear the record's marker, cash with change or a card."""
        random = self.random
        articles = tuple(
            Article(f"{record.marker}{side}", pieces * 1_000, price, pieces * price)
            for side in "ab"
            for pieces, price in [(random.randint(1, 3), random.randint(150, 9_999))]
        )
        less = random.choice((0, 50)) if saved else 0
        basket = Basket(
            record.number,
            _MORNING + timedelta(seconds=61 * (record.number % 700)),
            articles,
            saved=less,
            till=till,
        )
        record.total_minor = basket.total
        if random.random() < 0.5:
            return replace(basket, card=basket.total)
        return replace(basket, cash=-(-basket.total // 1_000) * 1_000)


class Till(Protocol):
    """One make of till.

    Attributes:
        name: of the adapter, unique in the day.
        records: all of it, sound and damaged.
    """

    name: str
    records: list[Record]


@dataclass
class PoslogTill:
    """Receipts in POSLog: some in files of their own, most of them ten to a file."""

    name: str
    records: list[Record]
    files: list[tuple[str, bytes]]

    @classmethod
    def of(cls, seed: int, count: int, first: int) -> PoslogTill:
        """Invent and damage."""
        choice, records = Choice(seed, "poslog"), list(blank_records("poslog", count, first))
        damages = {**ANY, **XML}
        choice.prepare(records, damages)
        written = [
            choice.spoil(_poslog_receipt(choice, record), record, damages) for record in records
        ]
        single = len(records) // 5
        files = [(f"single-{at}.xml", _file([each])) for at, each in enumerate(written[:single])]
        rest = written[single:]
        files += [(f"batch-{at}.xml", _file(rest[at : at + 10])) for at in range(0, len(rest), 10)]
        return cls("poslog", records, files)


def _file(transactions: Sequence[bytes]) -> bytes:
    begin, end = poslog("\n").split(b"\n")
    return begin + b"\n".join(transactions) + end


def _poslog_receipt(choice: Choice, record: Record) -> bytes:
    basket, plant = choice.basket(record, 1, saved=False), by_kind(record.plants)
    lines = [
        goods(
            f"{each.amount / 100:.2f}", sequence=str(place), quantity=str(each.milli // 1_000)
        ).replace("豆浆", f"{each.name} {plant('card')}")
        for place, each in enumerate(basket.articles, 1)
    ]
    secret = ""
    if record.plants:
        secret = (
            f"<CreditDebit><PrimaryAccountNumber>{plant('card')}</PrimaryAccountNumber>"
            f"<Note>{plant('cvv')}</Note><Track2>{plant('track')}</Track2></CreditDebit>"
            f"<Authorization><AuthorizationCode>{plant('code')}</AuthorizationCode></Authorization>"
        )
    who = ""
    if record.plants:
        who = f"<Customer><CustomerName><Name>{plant('name')}</Name></CustomerName></Customer>"
    paid = tender(f"{basket.total / 100:.2f}", inside=secret)
    body = retail(*lines, paid, total=f"{basket.total / 100:.2f}", below=who)
    return transaction(body, number=str(record.number)).encode()


@dataclass
class JournalTill:
    """A till that appends to a journal; ``data`` is the whole of it."""

    name: str
    records: list[Record]
    data: bytes

    @classmethod
    def of(
        cls,
        name: str,
        seed: int,
        count: int,
        first: int,
        *,
        write: Callable[[Choice, Record], bytes],
        damages: Mapping[str, Damage],
        begin: bytes = b"",
    ) -> JournalTill:
        """Invent and damage."""
        choice, records = Choice(seed, name), list(blank_records(name, count, first))
        choice.prepare(records, damages)
        written = [choice.spoil_line(write(choice, record), record, damages) for record in records]
        return cls(name, records, begin + b"".join(written))


def csv_till(seed: int, count: int, first: int) -> JournalTill:
    """German CSV, a row per article."""

    def write(choice: Choice, record: Record) -> bytes:
        basket, plant = choice.basket(record, 2, saved=False), by_kind(record.plants)
        data = german_csv([basket], header=False)
        card = plant("card")
        return data.replace(b"a;", f"a {card};".encode(), 1) if card else data

    return JournalTill.of("csv", seed, count, first, write=write, damages=ANY, begin=german_csv([]))


def fixed_till(seed: int, count: int, first: int) -> JournalTill:
    """A Chinese flow file."""

    def write(choice: Choice, record: Record) -> bytes:
        basket, plant = choice.basket(record, 3), by_kind(record.plants)
        one, two = basket.articles
        if record.plants:
            one = replace(one, name=f"{one.name[:6]} {plant('card')}")
        return flow_file([replace(basket, articles=(one, two))])

    return JournalTill.of("fixed", seed, count, first, write=write, damages=ANY)


def ndjson_till(seed: int, count: int, first: int) -> JournalTill:
    """JSON orders, one per line."""

    def write(choice: Choice, record: Record) -> bytes:
        data, plant = order_stream([choice.basket(record, 4)]), by_kind(record.plants)
        if not record.plants:
            return data
        more = (
            f'"customer_name": "{plant("name")}", "pan": "{plant("card")}", '
            f'"note": "{plant("cvv")}", "auth_code": "{plant("code")}", "swipe": "{plant("track")}"'
        )
        return b"{" + more.encode() + b", " + data[1:]

    return JournalTill.of("ndjson", seed, count, first, write=write, damages={**ANY, **JSON})


def _paper(choice: Choice, record: Record, till: int) -> str:
    lines, plant = chinese_receipt(choice.basket(record, till)), by_kind(record.plants)
    if record.plants:
        lines[-1:-1] = [
            f"顾客：{plant('name')}",
            f"卡号：{plant('card')}",
            f"{plant('cvv')}",
            f"授权码：{plant('code')}",
            f"{plant('track')}",
        ]
    return "\n".join(lines) + "\n"


def text_till(seed: int, count: int, first: int) -> JournalTill:
    """Receipts as text, one behind the other."""

    def write(choice: Choice, record: Record) -> bytes:
        return _paper(choice, record, 5).encode("gb18030")

    return JournalTill.of("text", seed, count, first, write=write, damages=ANY)


@dataclass
class PrintingTills:
    """Receipts as a printer gets them; ``jobs`` in the order of the records."""

    name: str
    records: list[Record]
    jobs: list[bytes]

    @classmethod
    def of(cls, name: str, seed: int, count: int, first: int, till: int) -> PrintingTills:
        """Invent and damage."""
        choice, records = Choice(seed, name), list(blank_records(name, count, first))
        damages = {**ANY, **ESCPOS}
        choice.prepare(records, damages)
        jobs = [
            choice.spoil(
                INIT + _paper(choice, record, till).encode("gb18030") + CUT, record, damages
            )
            for record in records
        ]
        return cls(name, records, jobs)


def all_records(tills: Sequence[Till]) -> Iterator[Record]:
    """Every record of the day."""
    for till in tills:
        yield from till.records

"""The short way from stamped sales to facts, for what devices of ours have written.

It says of such bytes what ``fact.read_fact`` says, and nothing of any others: who gets nothing here
asks there, and is told what is wrong. Nearly all that ever arrives is read here, a batch at once:
what all its sales say alike is compared, not read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise, repeat
from operator import attrgetter
from typing import Final

import msgspec

from cloud.ledger.arrival import Arrival, Lane
from cloud.ledger.fact import LAST_SEQUENCE, TIMES_MS, Fact, has_sealed_literal, is_key_of
from cloud.storage.columns import to_ms
from models.wire.codec import BATCH_VERSION, SEPARATOR
from models.wire.envelope import ClockQuality, expected_id, monotonic_ms
from models.wire.ids import Epoch, EventId, is_epoch
from models.wire.own_writing import (
    OwnSale,
    read_own_batch,
    read_own_sale,
    sale_digest,
    sale_spans,
)
from models.wire.personal import PersonalSpan
from models.wire.registry import SALE_RECORDED
from models.wire.topics import Stream

_SAID: Final = attrgetter(
    "specversion", "source", "type", "dataschema", "epoch", "bootid", "clockquality", "historical"
)


class SaleRun(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Consecutive sales that say alike of device and clock, but for their bodies.

    Attributes:
        spans: of the sales that name a person, by their place in the run.
    """

    first: int
    bootid: str
    clockquality: ClockQuality
    historical: bool
    event_ids: list[EventId]
    digests: list[bytes]
    natural_keys: list[str]
    fact_kinds: list[str]
    times_ms: list[int]
    monotonics_ms: list[int | None]
    spans: dict[int, list[PersonalSpan]]


class OwnSales(msgspec.Struct, frozen=True, array_like=True, tag="sales", gc=False):
    """A whole batch of them.

    Attributes:
        begins: where each body begins in the plain batch, and where one more would.
    """

    epoch: Epoch
    begins: list[int]
    run: SaleRun

    def facts(self, plain: bytes) -> list[Fact]:
        """The facts, with their bodies from the plain batch in which these sales were found."""
        gap = len(SEPARATOR)
        return facts_of(self.run, [plain[begin : n - gap] for begin, n in pairwise(self.begins)])


def find_own_sales(arrival: Arrival, plain: bytes) -> OwnSales | None:
    """The sales of a batch, None where anything in it or about it is not as usual."""
    found = read_own_batch(plain) if arrival.stream is Stream.SALE else None
    if found is None:
        return None
    batch, begins = found
    usual = batch.v == BATCH_VERSION and batch.stream == arrival.stream and is_epoch(batch.epoch)
    if not usual or not 1 <= batch.first <= LAST_SEQUENCE - batch.count:
        return None
    lane = Lane(arrival.device, Epoch(batch.epoch), arrival.stream)
    run = _run_of(lane, batch.first, batch.events)
    if run is None or has_sealed_literal(plain):
        return None
    return OwnSales(lane.epoch, begins, run)


def find_own_sale(lane: Lane, sequence: int, body: bytes) -> Fact | None:
    """The fact of a sale among other events; None where ``read_fact`` has to be asked."""
    sale = read_own_sale(body) if lane.stream is Stream.SALE else None
    run = _run_of(lane, sequence, [sale]) if sale is not None else None
    return facts_of(run, [body])[0] if run is not None and not has_sealed_literal(body) else None


def facts_of(run: SaleRun, bodies: Iterable[bytes]) -> list[Fact]:
    """The facts of a run with these bodies."""
    return list(
        map(
            Fact,
            range(run.first, run.first + len(run.event_ids)),
            run.event_ids,
            run.digests,
            repeat(SALE_RECORDED.name),
            repeat(SALE_RECORDED.version),
            run.natural_keys,
            repeat(True),
            run.fact_kinds,
            run.times_ms,
            repeat(run.bootid),
            run.monotonics_ms,
            repeat(run.clockquality),
            repeat(run.historical),
            [run.spans.get(at, []) for at in range(len(run.event_ids))],
            bodies,
        )
    )


def _run_of(lane: Lane, first: int, sales: Sequence[OwnSale]) -> SaleRun | None:
    """What these sales say; None where one of them is not as usual in this place."""
    said, bootid, clockquality, historical = _said(lane, sales[0])
    if [_SAID(sale) for sale in sales].count(said) != len(sales):
        return None
    if [sale.sequence for sale in sales] != list(map(str, range(first, first + len(sales)))):
        return None
    natural_keys = [sale.data.natural_key for sale in sales]
    times_ms = _times_ms([sale.time for sale in sales])
    if times_ms is None or not all(is_key_of(lane.device, key) for key in natural_keys):
        return None
    digests = [sale_digest(sale.data) for sale in sales]
    event_ids = list(map(expected_id, repeat(lane.device), natural_keys, digests))
    if [sale.id for sale in sales] != event_ids:
        return None
    return SaleRun(
        first,
        bootid,
        clockquality,
        historical,
        event_ids,
        digests,
        natural_keys,
        [sale.data.kind.value for sale in sales],
        times_ms,
        [monotonic_ms(sale.monotonic) for sale in sales],
        {at: sale_spans(sale.data) for at, sale in enumerate(sales) if sale.data.loyalty},
    )


def _said(lane: Lane, sale: OwnSale) -> tuple[tuple[object, ...], str, ClockQuality, bool]:
    """What all sales of a batch say alike, where the first one says this of its clock."""
    kind = SALE_RECORDED
    outside = ("1.0", lane.device.prefix, kind.name, kind.schema, lane.epoch)
    clock = (sale.bootid, sale.clockquality, sale.historical)
    return outside + clock, *clock


def _times_ms(texts: Iterable[str]) -> list[int] | None:
    """The envelopes' times; None where one is no moment that every later reader can hold."""
    try:
        times = [msgspec.convert(text, datetime) for text in texts]
    except msgspec.ValidationError:
        return None
    if any(time.tzinfo is None for time in times):
        return None
    times_ms = list(map(to_ms, times))
    return times_ms if min(times_ms) in TIMES_MS and max(times_ms) in TIMES_MS else None

"""A uniCenta till's day as POSLog files of the same till: what another program of the shop exports.

The numbers differ, as they do in shops: POSLog counts everything that happens at the workstation,
the till's database its tickets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from tests.simulators.polled_till import NOON
from tests.simulators.poslog_writer import (
    control,
    customer,
    element,
    goods,
    poslog,
    retail,
    tender,
    transaction,
)
from tests.simulators.till_tables import ARTICLES, Rung, UnicentaTill

PHONE = "13976215437"
_CONTROL_EVERY = 10


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the till has booked, and when."""

    rung: Rung
    at: datetime
    is_refund: bool
    is_members: bool


def ring_a_day(till: UnicentaTill, tickets: int = 60) -> list[Ticket]:
    """Sales and refunds a minute apart up to the till's noon, every other one a member's."""
    chance = Random(11)
    members = "UPDATE <customers> SET phone = :phone"
    till.execute(members, phone=PHONE)
    return [_ring(till, chance, n, NOON - timedelta(minutes=tickets - n)) for n in range(tickets)]


def _ring(till: UnicentaTill, chance: Random, n: int, at: datetime) -> Ticket:
    is_refund, is_members = n % 11 == 10, n % 2 == 0
    articles = [
        (chance.choice(ARTICLES), chance.choice("123")) for _ in range(chance.randint(1, 6))
    ]
    rung = till.ring(at, articles, refund=is_refund, member=is_members)
    return Ticket(rung, at, is_refund, is_members)


def files_of(tickets: Sequence[Ticket]) -> Iterator[bytes]:
    """A file for each transaction: the tickets, and now and then a control between two of them."""
    number = 0
    for n, ticket in enumerate(tickets):
        if n % _CONTROL_EVERY == 0:
            number += 1
            yield _file(number, ticket.at - timedelta(seconds=20), control())
        number += 1
        receipt = element("ReceiptNumber", f"{ticket.rung.number:06d}")
        yield _file(number, ticket.at - timedelta(seconds=2), _retail(ticket), receipt)


def _file(number: int, at: datetime, body: str, header: str = "") -> bytes:
    till = element("TillID", "TILL-01")
    end_at = f"{at.isoformat()}+08:00"
    return poslog(transaction(body, number=str(number), end_at=end_at, header=till + header))


def _retail(ticket: Ticket) -> str:
    amount = _yuan(abs(ticket.rung.total_minor))
    kind = "Return" if ticket.is_refund else "Sale"
    paid = tender(amount, code="Refund" if ticket.is_refund else "Sale")
    total = _yuan(ticket.rung.total_minor)
    below = customer(PHONE) if ticket.is_members else ""
    return retail(goods(amount, kind=kind), paid, total=total, below=below)


def _yuan(minor: int) -> str:
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02}"

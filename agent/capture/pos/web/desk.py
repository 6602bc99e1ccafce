"""What becomes of a body: read, stored, answered; in an order by which nothing is swallowed.

    known key? → the same answer        other body under it? → refused
    read → key bound to this body → sales durable → answer noted → answered

A crash between any two of these costs the sender an answer and never a sale: asked again, the key
is bound to the same body and the events have the same ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Final

import msgspec

from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CapturedSale, SaleSink
from agent.capture.pos.web.answers import Answer, Declined, Problem, Receipt, Taken, Trouble
from agent.capture.pos.web.answers import retry_later as later
from agent.capture.pos.web.aside import Aside
from agent.capture.pos.web.book import AnswerBook, Noted
from agent.capture.pos.web.reading import BodyReader
from agent.errors import DiskUnusable, FaultyDevice, TransientError
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_MOST_IN_A_ROW: Final = 200
"""So many bodies that cannot be captured, one after another, are a wrong profile or an attack; they
must not fill the disk. The sender is told to come again, and nothing is passed over."""

_SOON_S: Final = 5
_DISK_S: Final = 30
_REPLAYED: Final = {"Idempotency-Replayed": "true"}


@dataclass(frozen=True, slots=True)
class DeskStatus:
    """What the door has done since it was made.

    Attributes:
        sales: transactions that were stored or known.
        set_aside: bodies and records in quarantine.
        replayed: requests that were answered from the book.
        problems: requests that came to nothing.
        in_a_row: bodies that could not be captured since the last that could.
        blocked: why nothing could be taken at the last request; empty when all is well.
        out_of_room: nothing could be taken because no room is left for it.
        last_sale_at: by the wall clock.
    """

    sales: int = 0
    set_aside: int = 0
    replayed: int = 0
    problems: int = 0
    in_a_row: int = 0
    blocked: str = ""
    out_of_room: bool = False
    last_sale_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """One request, once its sender is known.

    Attributes:
        source: how it is called in quarantine and logs, such as ``web-sale``.
        key: digest of its ``Idempotency-Key``; None where it has none.
        acknowledge_aside: whether what was set aside is answered 200: webhooks come again for days
            otherwise, and switch themselves off.
    """

    source: str
    reader: BodyReader
    body: bytes
    key: bytes | None = None
    acknowledge_aside: bool = False


class TransactionDesk:
    """Takes posts, one after another: used by one thread."""

    def __init__(self, sink: SaleSink, aside: Aside, book: AnswerBook, clock: Clock) -> None:
        self._sink = sink
        self._aside = aside
        self._book = book
        self._clock = clock
        self._status = DeskStatus()

    @property
    def status(self) -> DeskStatus:
        """The latest figures. Safe from any thread."""
        return self._status

    def take(self, post: Post) -> Answer:
        """Read, store and answer one post.

        Raises:
            Problem: it comes to nothing, or not now; nothing of it is stored, except records of
                a document that are good by themselves.
        """
        try:
            answer = self._take(post)
        except Problem:
            self._count(problems=1)
            raise
        except TransientError as error:
            raise self._blocked(error, later(Trouble.UNAVAILABLE, "try again", _SOON_S)) from error
        except DiskUnusable as error:
            full = "there is no room for it now; it was not stored. Keep it and post it again"
            raise self._blocked(error, later(Trouble.NO_ROOM, full, _DISK_S)) from error
        except FaultyDevice as error:
            detail = "the agent cannot store it; look at its log. Keep it and post it again"
            raise self._blocked(error, later(Trouble.UNAVAILABLE, detail, _DISK_S)) from error
        self._status = replace(self._status, blocked="", out_of_room=False)
        return answer

    def _take(self, post: Post) -> Answer:
        digest = sha256(post.body).digest()
        if post.key is not None and (noted := self._book.find(post.key)) is not None:
            replayed = _from(noted, digest)
            if replayed is not None:
                self._count(replayed=1)
                return replayed
        reading = post.reader.read(post.body)
        if post.key is not None and reading.sales:
            self._book.promise(post.key, digest, self._clock.now())
        fresh = self._store(reading.sales)
        declined = [self._set_aside(each, post.source) for each in reading.refused]
        if declined and not reading.sales and not post.acknowledge_aside:
            raise _invalid(declined)
        return self._answered(post, reading.sales, declined, fresh=fresh)

    def _store(self, sales: Sequence[CapturedSale]) -> bool:
        """Make the sales durable; whether any of them is new to this door."""
        if not sales:
            return False
        fresh = bool(self._book.unknown([sale.event_id for sale in sales]))
        self._sink.captured(sales)
        self._count(sales=len(sales))
        self._status = replace(self._status, in_a_row=0, last_sale_at=self._clock.now())
        return fresh

    def _answered(
        self, post: Post, sales: list[CapturedSale], declined: list[Declined], *, fresh: bool
    ) -> Answer:
        receipt = Receipt(transactions=[_taken(sale) for sale in sales], refused=declined)
        answer = Answer(201 if fresh else 200, msgspec.json.encode(receipt))
        if sales:
            events = [sale.event_id for sale in sales]
            self._book.write(post.key, answer, events, self._clock.now())
        return answer

    def _set_aside(self, refused: Refused, source: str) -> Declined:
        if self._status.in_a_row >= _MOST_IN_A_ROW:
            detail = (
                f"{_MOST_IN_A_ROW} transactions in a row could not be captured, so nothing more is "
                f"kept; correct the profile. This one: {refused.reason}"
            )
            raise later(Trouble.UNAVAILABLE, detail, _DISK_S)
        self._aside.keep(refused, source)
        self._status = replace(
            self._status,
            in_a_row=self._status.in_a_row + 1,
            set_aside=self._status.set_aside + 1,
        )
        return Declined(number=refused.number, reason=refused.reason, set_aside=True)

    def _blocked(self, error: Exception, problem: Problem) -> Problem:
        """Say once what is wrong here; the sender is only told when to come again."""
        reason = str(error)
        if reason != self._status.blocked:
            _LOG.error("web_blocked", reason=reason)
        out_of_room = isinstance(error, DiskUnusable)
        self._status = replace(self._status, blocked=reason, out_of_room=out_of_room)
        self._count(problems=1)
        return problem

    def _count(self, *, sales: int = 0, replayed: int = 0, problems: int = 0) -> None:
        status = self._status
        self._status = replace(
            status,
            sales=status.sales + sales,
            replayed=status.replayed + replayed,
            problems=status.problems + problems,
        )


def _from(noted: Noted, digest: bytes) -> Answer | None:
    """The answer that a key had; None where its request never came to its end."""
    if noted.body != digest:
        raise Problem(
            Trouble.KEY_REUSED,
            "this key came with another body; a correction needs a key of its own",
        )
    return replace(noted.answer, headers=_REPLAYED) if noted.answer is not None else None


def _taken(sale: CapturedSale) -> Taken:
    return Taken(
        natural_key=sale.sale.natural_key,
        sale_id=sale.sale_id,
        event_id=sale.event_id,
        flags=[flag.value for flag in sale.sale.capture.flags],
    )


def _invalid(declined: list[Declined]) -> Problem:
    more = {"refused": msgspec.to_builtins(declined)}
    first = declined[0]
    detail = f"{first.reason}; it lies in the agent's quarantine. Correct it and post it again"
    return Problem(Trouble.INVALID, detail, more=more)

"""A simulated day's receipts as its tills print them: bytes for a network printer.

Nothing of the product is asked: what is printed comes from what the till knows.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulators.printing_till import CUT, INIT
from tests.simulators.till import RetailTransaction, ShopDay
from tests.simulators.till.facts import Line
from tests.simulators.till.vocabulary import LineKind, LinkReason, RetailStatus

PROFILE: dict[str, object] = {
    "name": "corner-receipts",
    "version": 1,
    "adapter": "receipts",
    "currency": "CNY",
    "moments": {"dates": ["%Y-%m-%d"], "times": ["%H:%M"]},
    "key": {
        "parts": ["workstation_id", "receipt_number", "end_at", "total"],
        "day_begins_h": 4,
    },
    "sums": {"returns": "positive"},
    "link_reasons": {"VOID": "void"},
    "goods": {"end": ["--..."]},
    "lines": [
        {"part": "header", "form": ["Till {workstation_id} Receipt {receipt_number:digits}"]},
        {"part": "header", "form": ["{end_date} {end_time}"]},
        {"part": "header", "form": ["REFUND"], "fixed": {"direction": "return"}},
        {"part": "header", "form": ["TRAINING"], "fixed": {"training": "1"}},
        {"part": "header", "form": ["ON HOLD"], "fixed": {"status": "suspended"}},
        {
            "part": "header",
            "form": ["VOID Till {link_workstation_id} {link_sequence_number:digits}"],
            "fixed": {"link_reason": "VOID"},
        },
        {"part": "header", "form": ["TOTAL {total}"]},
        {"part": "line", "form": ["{description} {amount}"]},
    ],
}
"""What reads them, as a till profile says it."""


def printed(day: ShopDay) -> Iterator[bytes]:
    """What the printer of the shop is given, in order: also what is on hold, practised, reprinted.

    A transaction that was given up before payment prints nothing.
    """
    for delivery in day.deliveries():
        for transaction in delivery.transactions:
            is_retail = isinstance(transaction, RetailTransaction)
            if is_retail and transaction.status is not RetailStatus.VOIDED:
                yield INIT + "\r\n".join(_lines(transaction)).encode("ascii") + b"\r\n" + CUT


def _lines(receipt: RetailTransaction) -> Iterator[str]:
    head = receipt.head
    yield "CORNER SHOP"
    yield f"Till {head.workstation} Receipt {head.sequence:08d}"
    yield f"{head.end_at:%Y-%m-%d %H:%M}"
    if receipt.is_return:
        yield "REFUND"
    if head.training:
        yield "TRAINING"
    if receipt.status is RetailStatus.SUSPENDED:
        yield "ON HOLD"
    if receipt.link is not None and receipt.link.reason is LinkReason.VOID:
        origin = receipt.link.origin
        yield f"VOID Till {origin.workstation} {origin.sequence:08d}"
    yield from (_row(f"Article {line.item.sku}", _amount(line)) for line in _shown(receipt))
    yield "-" * 32
    yield _row("TOTAL", abs(receipt.grand_fen) if receipt.is_return else receipt.grand_fen)


def _shown(receipt: RetailTransaction) -> list[Line]:
    return [line for line in receipt.lines if not line.void]


def _amount(line: Line) -> int:
    return line.extended_fen if line.kind is LineKind.RETURN else line.counted_fen


def _row(left: str, fen: int) -> str:
    sign = "-" if fen < 0 else ""
    return f"{left:<24} {sign}{abs(fen) // 100}.{abs(fen) % 100:02}"

"""Tills that print: baskets as lines of text, written without looking at how we read them."""

from __future__ import annotations

from collections.abc import Sequence

from agent.capture.pos.family import Adapter, load_named
from agent.capture.pos.receipts import ReceiptProfile, TillReceipts, text_sha256
from models.runtime.settings import parse
from models.wire.events.sale import SaleRecorded
from tests.simulators.capturing import PROFILES, context
from tests.simulators.journal_writer import Basket

WESTERN: dict[str, object] = {
    "name": "western",
    "version": 1,
    "adapter": "receipts",
    "currency": "EUR",
    "amounts": {"decimal_mark": ",", "thousands_mark": "."},
    "moments": {"dates": ["%d/%m/%Y"], "times": ["%H:%M"]},
    "key": {"parts": ["workstation_id", "receipt_number", "end_at", "total"]},
    "copy_when": ["*** DUPLICATE ***"],
    "sums": {"line_discounts": "apart", "change_types": ["Change"]},
    "goods": {"end": ["===..."]},
    "lines": [
        {"part": "header", "form": ["Till {workstation_id} Receipt {receipt_number:digits}"]},
        {"part": "header", "form": ["{end_date} {end_time} Cashier {operator}"]},
        {"part": "header", "form": ["REFUND"], "fixed": {"direction": "return"}},
        {"part": "header", "form": ["TRAINING"], "fixed": {"training": "1"}},
        {"part": "header", "form": ["Member {card}"]},
        {"part": "header", "form": ["*** DUPLICATE ***"]},
        {"part": "discount", "form": ["Coupon {discount}"]},
        {"part": "header", "form": ["TOTAL {total}"]},
        {"part": "tender", "form": ["{tender_type:Cash|Card|Change} {tender_amount}"]},
        {"part": "line_discount", "form": ["Offer {discount}"]},
        {"part": "line", "form": ["{description} {amount}"]},
    ],
}


def receipt_profile(name: str) -> ReceiptProfile:
    """A shipped profile."""
    return load_named(PROFILES, name, ReceiptProfile, Adapter.RECEIPTS)


def western_profile(**changes: object) -> ReceiptProfile:
    """The profile for ``western_receipt``."""
    return parse(WESTERN | changes, ReceiptProfile, "test")


def sale_on(profile: ReceiptProfile, lines: Sequence[str]) -> SaleRecorded:
    """The sale on a receipt that must have one."""
    captured = TillReceipts(profile, context()).read(lines, text_sha256(lines))
    assert captured is not None
    return captured.sale


def western_receipt(basket: Basket) -> list[str]:
    """Forty columns, decimal commas, one line per article."""
    lines = ["CORNER SHOP", f"Till {basket.till} Receipt {basket.number:06}"]
    lines.append(basket.at.strftime("%d/%m/%Y %H:%M") + f" Cashier {basket.cashier}")
    lines += ["REFUND"] if basket.refund else []
    lines += ["TRAINING"] if basket.training else []
    lines += [f"Member {basket.member}"] if basket.member else []
    lines += [_row(each.name, _comma(each.amount)) for each in basket.articles]
    lines.append("=" * 40)
    lines += [_row("Coupon", "-" + _comma(basket.saved))] if basket.saved else []
    lines.append(_row("TOTAL", "€ " + _comma(basket.total)))
    lines += [_row("Cash", _comma(basket.cash))] if basket.cash else []
    lines += [_row("Card", _comma(basket.card))] if basket.card else []
    lines += [_row("Change", _comma(basket.change))] if basket.change else []
    return [*lines, "Thank you"]


def chinese_receipt(basket: Basket) -> list[str]:
    """Two lines per article, full-width marks."""
    lines = ["　　好邻居超市", "销售单", f"门店：9001　机号：{basket.till:02}"]
    lines.append(f"单号：{_wide(f'{basket.number:08}')} 收银员：{basket.cashier}")
    lines.append("日期：" + basket.at.strftime("%Y-%m-%d %H:%M:%S"))
    lines += ["退货单"] if basket.refund else []
    lines += ["*** 练习 ***"] if basket.training else []
    lines += [f"会员：{basket.member}"] if basket.member else []
    lines.append("品名      数量×单价     金额")
    for each in basket.articles:
        quantity = f"{each.milli // 1000}.{each.milli % 1000:03}"
        lines += [each.name, f"{each.code} {quantity} x {_dot(each.price)}  {_dot(each.amount)}"]
    lines.append("-" * 32)
    lines += [f"整单优惠：{_dot(basket.saved)}"] if basket.saved else []
    lines.append(f"合计：¥{_wide(_dot(basket.total))}")
    lines += [f"现金：{_dot(basket.cash)}"] if basket.cash else []
    lines += [f"微信支付：{_dot(basket.card)}"] if basket.card else []
    lines += [f"找零：{_dot(basket.change)}"] if basket.change else []
    return [*lines, "谢谢惠顾"]


def _row(left: str, right: str) -> str:
    return f"{left:<28} {right:>11}"


def _dot(count: int) -> str:
    return f"{count // 100}.{count % 100:02}"


def _comma(count: int) -> str:
    return f"{count // 100:,}".replace(",", ".") + f",{count % 100:02}"


def _wide(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) for char in text)

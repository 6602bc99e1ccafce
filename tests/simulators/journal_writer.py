"""Tills that keep journals, written without looking at how we read them.

A ``Basket`` is what was sold. Each writer turns baskets into the bytes of its own dialect: a German
CSV export, a Chinese flow file of fixed width, and a stream of JSON orders.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from uuid import UUID

from hypothesis import strategies as st

SHANGHAI = timezone(timedelta(hours=8))
_COLUMNS = [
    *("Filiale", "Kasse", "Datum", "Zeit", "Bon", "Bediener", "Status", "Art", "Kundenkarte"),
    *("Pos", "EAN", "Artikel", "Menge", "Einheit", "Preis", "Betrag", "Rabatt", "Storno"),
    *("MwSt", "MwStBetrag", "Summe", "Bar", "Karte"),
]
EAN_MILK = "4006381333931"


@dataclass(frozen=True)
class Article:
    """One line. Money in hundredths; ``milli`` is the quantity in thousandths."""

    name: str
    milli: int
    price: int
    amount: int
    code: str = EAN_MILK
    struck: bool = False


@dataclass(frozen=True)
class Basket:
    """One receipt. ``paid`` is by tender, in hundredths; cash may be more than the rest: change."""

    number: int
    at: datetime
    articles: tuple[Article, ...]
    saved: int = 0
    cash: int = 0
    card: int = 0
    till: int = 1
    cashier: str = "7"
    member: str = ""
    training: bool = False
    refund: bool = False

    @property
    def total(self) -> int:
        """What the customer owed."""
        return sum(each.amount for each in self.articles if not each.struck) - self.saved

    @property
    def change(self) -> int:
        """What came back over the counter."""
        return self.cash + self.card - self.total


def german_csv(baskets: Iterable[Basket], *, header: bool = True, newline: str = "\r\n") -> bytes:
    """Semicolons, decimal commas, one row per article, cp1252."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator=newline)
    if header:
        writer.writerow(_COLUMNS)
    for basket in baskets:
        for place, article in enumerate(basket.articles, 1):
            writer.writerow(
                [
                    "0815",
                    basket.till,
                    basket.at.strftime("%d.%m.%Y"),
                    basket.at.strftime("%H:%M:%S"),
                    basket.number,
                    basket.cashier,
                    "U" if basket.training else "",
                    "R" if basket.refund else "V",
                    basket.member,
                    place,
                    article.code,
                    article.name,
                    _comma(article.milli, 3),
                    "Stk",
                    _comma(article.price),
                    _comma(article.amount),
                    "",
                    "J" if article.struck else "",
                    "19",
                    "0,00",
                    _grouped(basket.total),
                    _grouped(basket.cash - basket.change),
                    _grouped(basket.card),
                ]
            )
    return out.getvalue().encode("cp1252")


def flow_file(baskets: Iterable[Basket]) -> bytes:
    """Records of fixed width in bytes of GB 18030; amounts in fen."""
    return b"".join(line + b"\r\n" for basket in baskets for line in _flow_lines(basket))


def order_stream(baskets: Iterable[Basket]) -> bytes:
    """JSON orders, one per line, with the digits of decimal numbers."""
    return "".join(_order(basket) + "\n" for basket in baskets).encode()


def _flow_lines(basket: Basket) -> list[bytes]:
    day, at = basket.at.strftime("%Y%m%d"), basket.at.strftime("%H%M%S")
    status = "2" if basket.training else "0"
    lines = [
        f"H9001{basket.till:03}{day}{basket.number:06}{day}{at}{basket.cashier:>6}"
        f"{status}{'-' if basket.refund else '+'}{basket.member:<11}".encode("gb18030")
    ]
    lines += [
        b"D%-13s%s%8s%09d%010d%s"
        % (
            article.code.encode(),
            _bytes(article.name, 24),
            _decimal(article.milli, 3).encode(),
            article.price,
            article.amount,
            b"1" if article.struck else b"0",
        )
        for article in basket.articles
    ]
    if basket.saved:
        lines.append(b"Z%010d%s" % (basket.saved, _bytes("满减", 20)))
    if basket.cash:
        lines.append(b"P01%010d%010d" % (basket.cash, basket.change))
    if basket.card:
        lines.append(b"P03%010d%010d" % (basket.card, 0))
    return [*lines, b"E%010d" % basket.total]


def _order(basket: Basket) -> str:
    sign = "-" if basket.refund else ""

    def money(hundredths: int) -> float:
        return float(sign + _decimal(hundredths)) if hundredths else 0

    payments = [
        {"method": "cash", "amount": money(basket.cash), "change": money(basket.change)},
        {"method": "wechat_pay", "amount": money(basket.card)},
    ]
    order = {
        "id": str(UUID(int=basket.number + (basket.till << 32))),
        "store": "9001",
        "register": {"id": f"R{basket.till}"},
        "business_date": basket.at.date().isoformat(),
        "number": basket.number,
        "closed_at": basket.at.replace(tzinfo=SHANGHAI).isoformat(),
        "cashier": basket.cashier,
        "type": "order",
        "state": "paid",
        "training": basket.training,
        "currency": "CNY",
        "customer": {"phone": basket.member} if basket.member else None,
        "totals": {"total": money(basket.total)},
        "lines": [
            {
                "no": place,
                "barcode": article.code,
                "name": article.name,
                "quantity": float(_decimal(article.milli, 3)),
                "price": float(_decimal(article.price)),
                "amount": money(article.amount),
                "void": article.struck,
                "direction": "return" if basket.refund else "sale",
            }
            for place, article in enumerate(basket.articles, 1)
        ]
        + ([_coupon(basket, len(basket.articles) + 1)] if basket.saved else []),
        "payments": [each for each in payments if each["amount"]],
    }
    return json.dumps(order, ensure_ascii=False)


def _coupon(basket: Basket, place: int) -> dict[str, object]:
    amount = float(_decimal(basket.saved)) * (1 if basket.refund else -1)
    return {"no": place, "name": "coupon", "amount": amount}


def _decimal(count: int, places: int = 2) -> str:
    whole, part = divmod(count, 10**places)
    return f"{whole}.{part:0{places}}"


def _comma(count: int, places: int = 2) -> str:
    return _decimal(count, places).replace(".", ",")


def _grouped(count: int) -> str:
    whole, part = divmod(count, 100)
    return f"{whole:,}".replace(",", ".") + f",{part:02}"


def _bytes(text: str, width: int) -> bytes:
    """Text in so many bytes, without half a character at the end."""
    data = text.encode("gb18030")
    while len(data) > width:
        text = text[:-1]
        data = text.encode("gb18030")
    return data.ljust(width)


_NAMES = st.text("abcÄöß 123,-/", min_size=1, max_size=5).map(lambda text: "x" + text.strip())


@st.composite
def baskets(draw: st.DrawFn, most: int = 6, *, saved: bool = True) -> list[Basket]:
    """A day of one till: ascending numbers, times that go on, sums that add up."""
    at = datetime(2026, 11, 20, 8, 0)  # noqa: DTZ001 - the till's own wall clock
    found = []
    for number in range(1, draw(st.integers(1, most)) + 1):
        at += timedelta(seconds=draw(st.integers(1, 4000)))
        articles = tuple(draw(st.lists(_articles(), min_size=1, max_size=4)))
        plain = Basket(number, at, articles)
        less = draw(st.integers(0, plain.total // 2)) if saved else 0
        owed = plain.total - less
        card = draw(st.integers(0, owed))
        refund = draw(st.booleans())
        over = draw(st.sampled_from([0, 1, 5000])) if card < owed and not refund else 0
        found.append(
            Basket(
                number,
                at,
                articles,
                saved=less,
                cash=owed - card + over if card < owed else 0,
                card=card,
                member=draw(st.sampled_from(["", "13912345670"])),
                training=draw(st.booleans()),
                refund=refund,
            )
        )
    return found


@st.composite
def _articles(draw: st.DrawFn) -> Article:
    price = draw(st.integers(1, 999_999))
    pieces = draw(st.integers(1, 9))
    return Article(name=draw(_NAMES), milli=pieces * 1000, price=price, amount=pieces * price)

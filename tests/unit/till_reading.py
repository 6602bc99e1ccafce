"""A stranger's reading of till files: ElementTree and the dialect's description, nothing else.

It shares no code with the simulator that wrote the files, so that its figures can be held against
the simulator's own truth.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final
from xml.etree import ElementTree as ET

from tests.simulators.till import ShopDay

NS: Final = {"p": "http://www.nrf-arts.org/IXRetail/namespace/"}
Key = tuple[str, int]


def text_of(element: ET.Element, path: str) -> str:
    """Text that must be there."""
    found = element.findtext(path, namespaces=NS)
    assert found is not None, path
    return found


def fen_of(element: ET.Element, path: str) -> int:
    """Amount in yuan as whole fen."""
    fen = Decimal(text_of(element, path)) * 100
    assert fen == int(fen), path
    return int(fen)


@dataclass
class Receipt:
    """One transaction as read from a file."""

    element: ET.Element

    def __post_init__(self) -> None:
        self.key: Key = (
            text_of(self.element, "p:WorkstationID"),
            int(text_of(self.element, "p:SequenceNumber")),
        )
        self.business_day = date.fromisoformat(text_of(self.element, "p:BusinessDayDate"))
        self.begin_at = datetime.fromisoformat(text_of(self.element, "p:BeginDateTime"))
        self.end_at = datetime.fromisoformat(text_of(self.element, "p:EndDateTime"))
        self.training = self.element.get("TrainingModeFlag") == "true"
        self.offline = self.element.get("OfflineFlag") == "true"
        self.retail = self.element.find("p:RetailTransaction", NS)

    @property
    def goods(self) -> ET.Element:
        """The retail part; a control has none."""
        assert self.retail is not None
        return self.retail

    @property
    def status(self) -> str:
        """What became of it."""
        return self.goods.attrib["TransactionStatus"]

    @property
    def booked(self) -> bool:
        """Whether money moved for good."""
        return self.status in {"Tendered", "PostVoided"} and not self.training

    @property
    def hour(self) -> int:
        """Local hour, counted on past midnight."""
        return self.end_at.hour + 24 * (self.end_at.date() - self.business_day).days

    @property
    def total_fen(self) -> int:
        """Grand total, negative when money goes back."""
        return fen_of(self.goods, "p:Total[@TotalType='TransactionGrandAmount']")

    def lines(self) -> Iterator[tuple[int, ET.Element]]:
        """Goods that count, each with the sign it has in the total."""
        for item in self.goods.iterfind("p:LineItem", NS):
            for sign, name in ((1, "p:Sale"), (-1, "p:Return")):
                line = item.find(name, NS)
                if line is not None and item.get("VoidFlag") != "true":
                    yield sign, line

    def paid_fen(self) -> int:
        """Tenders less change, refunds negative."""
        paid = 0
        for tender in self.goods.iterfind("p:LineItem/p:Tender", NS):
            back = tender.find("p:TenderChange", NS)
            kept = fen_of(tender, "p:Amount") - (0 if back is None else fen_of(back, "p:Amount"))
            paid += -kept if tender.get("TypeCode") == "Refund" else kept
        return paid

    def link(self, reason: str) -> tuple[ET.Element, Key] | None:
        """The link of that reason, with the workstation and sequence it names."""
        found = self.goods.find(f".//p:TransactionLink[@ReasonCode='{reason}']", NS)
        if found is None:
            return None
        return found, (text_of(found, "p:WorkstationID"), int(text_of(found, "p:SequenceNumber")))

    def phone(self) -> str | None:
        """Phone as E.164, whichever way it is printed."""
        path = "p:Customer/p:ContactInformation/p:TelephoneNumber"
        printed = self.goods.findtext(path, namespaces=NS)
        return None if printed is None else "+86" + printed.removeprefix("+86")

    def card(self) -> str | None:
        """Card number of the shop's programme."""
        path = "p:LoyaltyAccount/p:LoyaltyProgram/p:LoyaltyAccountID"
        return self.goods.findtext(path, namespaces=NS)

    def member(self) -> str | None:
        """Who it was for; the cashiers' number is nobody."""
        phone, card = self.phone(), self.card()
        if phone is not None and phone != "+8613800138000":
            return f"phone:{phone}"
        return None if card is None else f"card:{card}"


def read_files(files: Iterable[bytes]) -> dict[Key, Receipt]:
    """Every transaction by workstation and sequence; a second copy changes nothing."""
    receipts: dict[Key, Receipt] = {}
    for content in files:
        for element in ET.fromstring(content).iterfind("p:Transaction", NS):
            receipt = Receipt(element)
            receipts[receipt.key] = receipt
    return receipts


@lru_cache(maxsize=4)
def read_day(day: ShopDay) -> dict[Key, Receipt]:
    """Every transaction of a day's files by workstation and sequence; do not change it."""
    return read_files(delivery.xml() for delivery in day.deliveries())


def retail_of(receipts: dict[Key, Receipt]) -> list[Receipt]:
    """Leave the controls out."""
    return [receipt for receipt in receipts.values() if receipt.retail is not None]


def sales_that_count(retail: list[Receipt]) -> list[Receipt]:
    """Completed sales, without training, returns and what a post-void took back."""
    taken_back = {link[1] for each in retail if (link := each.link("Void"))}
    return [
        each
        for each in retail
        if each.status == "Tendered"
        and not each.training
        and each.link("Return") is None
        and each.key not in taken_back
    ]


def status_counts(retail: list[Receipt]) -> dict[str, int]:
    """Number of retail transactions by status, each in one."""
    names = {
        "Tendered": "completed",
        "PostVoided": "post_void",
        "Suspended": "suspended",
        "Voided": "voided",
    }
    return dict(Counter("training" if r.training else names[r.status] for r in retail))


def member_figures(retail: list[Receipt]) -> dict[str, tuple[int, int, int]]:
    """Visits, returns and net spend of everyone identified outside training."""
    visits = {receipt.key for receipt in sales_that_count(retail)}
    figures: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for receipt in retail:
        member = receipt.member()
        if member is not None and not receipt.training:
            figure = figures[member]
            figure[0] += receipt.key in visits
            figure[1] += receipt.link("Return") is not None
            figure[2] += receipt.total_fen if receipt.booked else 0
    return {member: (v, r, spend) for member, (v, r, spend) in figures.items()}


def hour_figures(retail: list[Receipt]) -> dict[int, tuple[int, int]]:
    """Sales that count and money booked, by local hour of the business day."""
    sales = Counter(receipt.hour for receipt in sales_that_count(retail))
    money: Counter[int] = Counter()
    for receipt in retail:
        if receipt.booked:
            money[receipt.hour] += receipt.total_fen
    return {hour: (sales[hour], net_fen) for hour, net_fen in money.items()}

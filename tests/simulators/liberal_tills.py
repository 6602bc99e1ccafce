"""Receipts in the many ways in which POSLog can be written, with the truth beside each.

A receipt is drawn as whole cents first; a ``Style`` then says how its till writes: what stands at
the root, how names are spelt, where codes, taxes, discounts, change and totals stand. Any style
must be read to the same cents. Nothing here knows how we read.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from tests.simulators.foreign_tills import ARTS, barcode, cents

ROOTS: Final = ("poslog", "prefixed", "soap", "soap12", "service", "lone", "lone in soap", "batch")
SPELLINGS: Final[dict[str, Callable[[str], str]]] = {
    "standard": lambda name: name,
    "Id": lambda name: name[:-2] + "Id" if name.endswith("ID") else name,
    "camel": lambda name: name[:1].lower() + name[1:],
    "upper": str.upper,
    "lower": str.lower,
}
_SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_SOAP12: Final = "http://www.w3.org/2003/05/soap-envelope"


@dataclass(frozen=True)
class Style:
    """How a till writes. Each field is one thing that tills differ in; see ``ALL``."""

    root: str = "poslog"
    spelling: str = "standard"
    identity: str = "POSIdentity"
    currency: str = "header"
    quantity: str = "attribute"
    tax: str = "included on line"
    total: str = "TransactionGrandAmount"
    total_value: str = "text"
    change: str = "TenderChange"
    tender: str = "attribute"
    discount: str = "modifier inside"
    voucher: str = "Sale"
    returns: str = "positive"
    store: str = "RetailStoreID"
    digits: str = "two"
    tags: str = "EPC"
    extras: str = "none"


ALL: Final[dict[str, tuple[str, ...]]] = {
    "root": ROOTS,
    "spelling": tuple(SPELLINGS),
    "identity": ("POSIdentity", "ItemID Type", "GTIN", "both", "POSIdentity attribute"),
    "currency": ("header", "attribute", "Currency", "lower"),
    "quantity": ("attribute", "Units", "absent", "decimals"),
    "tax": (
        *("included on line", "flag on Tax", "flag element", "line and receipt", "on receipt"),
        *("added on receipt", "added on line", "summary", "zero rated", "none"),
    ),
    "total": (
        *("TransactionGrandAmount", "GrandTotal", "TransactionTotalAmount", "x:GrandAmount"),
        *("TransactionNetAmount beside", "TotalGrandAmount", "absent"),
    ),
    "total_value": ("text", "Amount", "attribute", "spaced"),
    "change": ("TenderChange", "own line", "negative", "text"),
    "tender": ("attribute", "element", "TenderID only", "nested Amount attribute"),
    "discount": (
        *("modifier inside", "PriceModification", "percent too", "new price"),
        *("modifier apart", "own line", "DiscountAmount told"),
    ),
    "voucher": ("Sale", "GiftCertificate", "StoredValueFund", "GiftCard"),
    "returns": ("positive", "negative", "ReturnForExchange"),
    "store": ("RetailStoreID", "UnitID", "StoreID"),
    "digits": ("two", "plain", "plus", "four"),
    "tags": ("EPC", "SerialNumber", "SerializedUnit", "urn"),
    "extras": ("none", "signature", "tse", "receipt", "comments"),
}


@dataclass
class Sold:
    """What happened, in cents."""

    number: str
    lines: list[int] = field(default_factory=list)
    gtins: list[str] = field(default_factory=list)
    saved: list[int] = field(default_factory=list)
    pieces: list[int] = field(default_factory=list)
    tags: list[list[str]] = field(default_factory=list)
    voucher: int = 0
    added_tax: int = 0
    total: int = 0
    handed: int = 0
    change: int = 0


def styles(random: Random, count: int) -> list[Style]:
    """So many styles; every value of every field comes in one of the first."""
    longest = max(map(len, ALL.values()))
    shuffled = {name: random.sample(values, len(values)) for name, values in ALL.items()}
    found = [
        Style(**{name: values[at % len(values)] for name, values in shuffled.items()})
        for at in range(longest)
    ]
    drawn = (
        Style(**{name: random.choice(values) for name, values in ALL.items()})
        for _ in range(count - longest)
    )
    return [*found, *drawn][:count]


def one_by_one() -> list[Style]:
    """The plainest style, and it with each single thing written otherwise."""
    plain = Style()
    return [plain] + [
        replace(plain, **{name: value})
        for name, values in ALL.items()
        for value in values
        if value != getattr(plain, name)
    ]


class LiberalTill:
    """Writes receipts in one style."""

    def __init__(self, style: Style, seed: int = 1, *, wrong_by: int = 0) -> None:
        """``wrong_by`` cents are added to every printed grand total."""
        self._wrong_by = wrong_by
        self.style = style
        self.sold: list[Sold] = []
        self._random = Random(seed)
        self._prefix = "pl:" if style.root in ("prefixed", "soap", "batch") else ""

    def day(self, count: int) -> bytes:
        """A file of so many receipts; of one where a file holds no more."""
        count = 1 if self.style.root.startswith("lone") else count
        written = [self._transaction(number) for number in range(1, count + 1)]
        return self._rooted(written).encode()

    def _name(self, name: str) -> str:
        return self._prefix + SPELLINGS[self.style.spelling](name)

    def _attributes(self, given: dict[str, str]) -> str:
        spelt = SPELLINGS[self.style.spelling]
        return "".join(f" {spelt(name)}={quoteattr(text)}" for name, text in given.items())

    def _element(self, name: str, content: object = "", /, **attributes: str) -> str:
        """An element; ``content`` is XML."""
        whole = self._name(name)
        return f"<{whole}{self._attributes(attributes)}>{content}</{whole}>"

    def _rooted(self, transactions: Sequence[str]) -> str:
        style, text = self.style, "".join(transactions)
        space = f'xmlns:pl="{ARTS}"' if self._prefix else f'xmlns="{ARTS}"'
        log = self._name("POSLog")
        whole = f'<{log} {space} MajorVersion="6">{text}</{log}>'
        declared = '<?xml version="1.0" encoding="UTF-8"?>\n'
        match style.root:
            case "soap" | "soap12":
                uri = _SOAP if style.root == "soap" else _SOAP12
                return (
                    f'{declared}<soap:Envelope xmlns:soap="{uri}"><soap:Header><wsa:To '
                    'xmlns:wsa="urn:wsa">urn:x</wsa:To></soap:Header><soap:Body>'
                    f"{whole}</soap:Body></soap:Envelope>\n"
                )
            case "service":
                return (
                    f'<S:Envelope xmlns:S="{_SOAP}"><S:Body><ns2:publishSales xmlns:ns2="urn:v">'
                    f"<arg0>{whole}</arg0></ns2:publishSales></S:Body></S:Envelope>"
                )
            case "lone":
                return declared + text.replace(">", f" {space}>", 1)
            case "lone in soap":
                alone = text.replace(">", f" {space}>", 1)
                return f'<e:Envelope xmlns:e="{_SOAP}"><e:Body>{alone}</e:Body></e:Envelope>'
            case "batch":
                return f"{declared}<Batch><Created>2025-11-07</Created>{whole}</Batch>"
            case _:
                return declared + whole

    def _transaction(self, place: int) -> str:
        sold = Sold(str(7_000 + place))
        self.sold.append(sold)
        body = self._body(sold, returned=place % 4 == 0, voucher=place % 3 == 0)
        style = self.style
        unit = {
            "RetailStoreID": self._element("RetailStoreID", "0731"),
            "UnitID": self._element("BusinessUnit", self._element("UnitID", "0731")),
            "StoreID": self._element("StoreID", "0731"),
        }[style.store]
        head = unit + "".join(
            self._element(name, text)
            for name, text in (
                ("WorkstationID", "12"),
                ("SequenceNumber", sold.number),
                ("BusinessDayDate", "2025-11-07"),
                ("BeginDateTime", "2025-11-07T10:00:00+01:00"),
                ("EndDateTime", "2025-11-07T10:01:35+01:00"),
            )
        )
        if style.currency == "header":
            head += self._element("CurrencyCode", "EUR")
        retail = self._element("RetailTransaction", body, TransactionStatus="Totaled")
        return self._element("Transaction", head + retail + self._extras())

    def _extras(self) -> str:
        match self.style.extras:
            case "signature":
                return (
                    '<nf:Signature xmlns:nf="urn:nf525"><nf:Value>MEUCIQDx+/4=</nf:Value>'
                    "<nf:Total>99999.99</nf:Total><nf:Perpetual>1234567.89</nf:Perpetual>"
                    "</nf:Signature>"
                )
            case "tse":
                return (
                    '<tse:TSE xmlns:tse="urn:tse"><tse:SignatureCounter>4711'
                    "</tse:SignatureCounter><tse:Start>2025-11-07T09:00:00Z</tse:Start>"
                    "<tse:QR>V0;955002-00;Kassenbeleg-V1;Beleg^12.34_0.00_0.00</tse:QR></tse:TSE>"
                )
            case "receipt":
                paper = base64.encodebytes(b"TICKET\nMERCI\n" * 200).decode()
                return f'<x:Receipt xmlns:x="urn:x" Encoding="base64">{paper}</x:Receipt>'
            case "comments":
                return "<!-- exported --><?vendor keep?><![CDATA[ \n ]]>"
            case _:
                return ""

    def _body(self, sold: Sold, *, returned: bool, voucher: bool) -> str:
        lines = "".join(self._goods(place, sold, back=returned) for place in (1, 2, 3))
        sold.total = sum(sold.lines)
        if voucher and not returned:
            sold.voucher = 2_500
            sold.total += sold.voucher
            lines += self._voucher(4, sold.voucher)
        lines += self._taxes(sold)
        return lines + self._paid(sold) + self._totals(sold)

    def _money(self, name: str, amount: int, **attributes: str) -> str:
        style = self.style
        if style.currency == "attribute":
            attributes["CurrencyCode"] = "EUR"
        elif style.currency in ("Currency", "lower"):
            attributes["Currency" if style.currency == "Currency" else "currency"] = "EUR"
        return self._element(name, self._digits(amount), **attributes)

    def _digits(self, amount: int) -> str:
        text = cents(amount)
        match self.style.digits:
            case "plain":
                return text.rstrip("0").rstrip(".") if "." in text else text
            case "plus":
                return text if amount < 0 else f"+{text}"
            case "four":
                return f"{text}00"
            case _:
                return text

    def _goods(self, place: int, sold: Sold, *, back: bool) -> str:
        random, style = self._random, self.style
        pieces, price = random.randint(1, 3), random.randint(199, 9_999)
        if style.quantity == "absent":
            pieces = 1
        saved = random.choice((0, 150)) if place < 3 else 100
        net = pieces * price - saved
        code = barcode(random, "3608")
        sign = -1 if back and style.returns == "negative" else 1
        shown = pieces * price if style.discount in ("modifier apart", "own line") else net
        inside = self._codes(code) + self._element("Description", escape("Chaussure & lacet n° 39"))
        inside += self._money("RegularSalesUnitPrice", price)
        inside += self._money("ExtendedAmount", sign * shown) + self._quantity(sign * pieces)
        inside += self._saving(saved, price, pieces) if style.discount != "own line" else ""
        inside += self._line_tax(net)
        tags = [f"30{random.getrandbits(88):022X}" for _ in range(pieces)]
        inside += self._tags(tags)
        kind = "Sale"
        if back:
            kind = "ReturnForExchange" if style.returns == "ReturnForExchange" else "Return"
        line = self._line(place, self._element(kind, inside, ItemType="Stock"))
        if style.discount == "own line" and saved:
            action = "Add" if back else "Subtract"
            amount = self._money("Amount", saved, Action=action)
            line += self._line(place + 10, self._element("Discount", amount))
        direction = -1 if back else 1
        sold.lines.append(direction * net)
        sold.saved.append(-direction * saved)
        sold.gtins.append(code)
        sold.pieces.append(direction * pieces)
        sold.tags.append(tags)
        return line

    def _line(self, place: int, content: str) -> str:
        return self._element(
            "LineItem", self._element("SequenceNumber", place) + content, VoidFlag="false"
        )

    def _codes(self, code: str) -> str:
        own = self._element("ItemID", "815-4711")
        posted = self._element("POSIdentity", self._element("POSItemID", code), POSIDType="EAN13")
        match self.style.identity:
            case "ItemID Type":
                return self._element("ItemID", code, Type="GTIN")
            case "GTIN":
                return own + self._element("GTIN", code)
            case "both":
                return own + posted + self._element("GTIN", code)
            case "POSIdentity attribute":
                return own + self._element("POSIdentity", "", POSItemID=code, POSIDType="GTIN13")
            case _:
                return own + posted

    def _quantity(self, pieces: int) -> str:
        match self.style.quantity:
            case "Units":
                return self._element("Quantity", pieces, Units=f"{pieces}.000", UOMCode="EA")
            case "absent":
                return ""
            case "decimals":
                return self._element("Quantity", f"{pieces}.000", UnitOfMeasureCode="PCE")
            case _:
                return self._element("Quantity", pieces, UnitOfMeasureCode="EA")

    def _saving(self, saved: int, price: int, pieces: int) -> str:
        if not saved:
            return ""
        place, amount = self._element("SequenceNumber", 1), self._money
        match self.style.discount:
            case "PriceModification":
                return self._element(
                    "PriceModification", place + amount("Amount", saved, Action="Subtract")
                )
            case "percent too":
                told = self._element("Percent", "10.00", Action="Subtract")
                return self._element("RetailPriceModifier", place + told + amount("Amount", saved))
            case "new price":
                told = amount("PreviousPrice", price) + amount("NewPrice", price - saved // pieces)
                return self._element(
                    "RetailPriceModifier", place + told + amount("Amount", saved, Action="Replace")
                )
            case "DiscountAmount told":
                return amount("ExtendedDiscountAmount", saved)
            case _:
                return self._element(
                    "RetailPriceModifier", place + amount("Amount", saved, Action="Subtract")
                )

    def _line_tax(self, net: int) -> str:
        within = self._money("Amount", net * 20 // 120) + self._element("Percent", "20.00")
        taxable = self._money("TaxableAmount", net)
        match self.style.tax:
            case "included on line" | "line and receipt":
                taxable = self._money("TaxableAmount", net, TaxIncludedInTaxableAmountFlag="true")
                return self._element("Tax", taxable + within, TaxType="VAT")
            case "flag on Tax":
                return self._element(
                    "Tax", taxable + within, TaxType="VAT", TaxIncludedInPriceFlag="true"
                )
            case "flag element":
                flag = self._element("TaxIncludedInPriceFlag", "true")
                return flag + self._element("Tax", taxable + within, TaxType="VAT")
            case "added on line":
                added = self._money("Amount", 17) + self._element("Percent", "1.00")
                taxable = self._money("TaxableAmount", net, TaxIncludedInTaxableAmountFlag="false")
                return self._element("Tax", taxable + added, TaxType="Sales")
            case "zero rated":
                none = self._money("Amount", 0) + self._element("Percent", "0.00")
                return self._element("Tax", taxable + none, TaxType="VAT")
            case _:
                return ""

    def _taxes(self, sold: Sold) -> str:
        total, back = sold.total, sold.total < 0
        kind = "Refund" if back else "Sale"
        match self.style.tax:
            case "on receipt" | "line and receipt" | "summary":
                amount = abs(total) * 20 // 120
                flag = {} if self.style.tax == "on receipt" else {"TaxIncludedInPriceFlag": "true"}
                text = self._money("Amount", amount) + self._element("Percent", "20.00")
                return self._line(20, self._element("Tax", text, TaxType="VAT", TypeCode=kind,
                                                    **flag))  # fmt: skip
            case "added on receipt":
                sold.added_tax = 123 if not back else -123
                sold.total += sold.added_tax
                text = self._money("Amount", 123) + self._element("Percent", "8.00")
                return self._line(20, self._element("Tax", text, TaxType="Sales", TypeCode=kind))
            case "added on line":
                sold.added_tax = 17 * len(sold.lines) * (-1 if back else 1)
                sold.total += sold.added_tax
                return ""
            case _:
                return ""

    def _tags(self, tags: list[str]) -> str:
        match self.style.tags:
            case "SerialNumber":
                return "".join(self._element("SerialNumber", tag) for tag in tags)
            case "SerializedUnit":
                units = (
                    self._element("SerializedUnit", self._element("SerialNumber", tag))
                    for tag in tags
                )
                return "".join(units)
            case "urn":
                return "".join(f'<r:EPC xmlns:r="urn:rfid">{tag}</r:EPC>' for tag in tags)
            case _:
                return "".join(self._element("EPC", tag) for tag in tags)

    def _voucher(self, place: int, amount: int) -> str:
        match self.style.voucher:
            case "GiftCertificate" | "GiftCard":
                serial = self._element("SerialNumber", "9-2231")
                inside = serial + self._money("Amount", amount)
                return self._line(place, self._element(self.style.voucher, inside))
            case "StoredValueFund":
                inside = self._money("Amount", amount) + self._element("AccountID", "GK-99-1")
                return self._line(place, self._element("StoredValueFund", inside))
            case _:
                inside = self._element("ItemID", "GUTSCHEIN") + self._money(
                    "ExtendedAmount", amount
                )
                return self._line(place, self._element("Sale", inside, ItemType="GiftCertificate"))

    def _paid(self, sold: Sold) -> str:
        owed = sold.total
        if owed < 0:
            sold.handed = owed
            return self._line(30, self._tender("Cash", abs(owed), "Refund"))
        by_card = owed // 3
        cash = owed - by_card
        sold.handed = by_card + -(-cash // 1_000) * 1_000 + 1_000
        sold.change = sold.handed - owed
        lines = self._line(30, self._tender("CreditDebit", by_card, "Sale"))
        given, style = sold.handed - by_card, self.style
        match style.change:
            case "own line":
                lines += self._line(31, self._tender("Cash", given, "Sale"))
                return lines + self._line(32, self._tender("Cash", sold.change, "Change"))
            case "text":
                change = self._money("TenderChange", sold.change)
            case "negative":
                change = self._element("TenderChange", self._money("Amount", -sold.change))
            case _:
                told = self._element("TenderID", "EUR") + self._money("Amount", sold.change)
                change = self._element("TenderChange", told)
        return lines + self._line(31, self._tender("Cash", given, "Sale", change))

    def _tender(self, kind: str, amount: int, code: str, inside: str = "") -> str:
        match self.style.tender:
            case "element":
                told = self._element("TenderType", kind) + self._element("TypeCode", code)
                return self._element("Tender", told + self._money("Amount", amount) + inside)
            case "TenderID only":
                told = self._element("TenderID", kind) + self._money("Amount", amount)
                return self._element("Tender", told + inside, TypeCode=code)
            case "nested Amount attribute":
                told = self._money("Amount", amount, ForeignAmount="false")
                return self._element("Tender", told + inside, TenderType=kind, TypeCode=code)
            case _:
                told = self._money("Amount", amount) + inside
                return self._element("Tender", told, TenderType=kind, TypeCode=code)

    def _totals(self, sold: Sold) -> str:
        kind = self.style.total
        found = self._total("TransactionSubtotal", sold.total - sold.added_tax)
        found += self._element("Total", "3", TotalType="TransactionPurchaseQuantity")
        if kind == "absent":
            return found
        if kind == "TransactionNetAmount beside":
            found += self._total("TransactionNetAmount", sold.total * 100 // 120)
            kind = "TransactionGrandAmount"
        return found + self._total(kind, sold.total + self._wrong_by)

    def _total(self, kind: str, amount: int) -> str:
        match self.style.total_value:
            case "Amount":
                return self._element("Total", self._money("Amount", amount), TotalType=kind)
            case "attribute":
                return self._element("Total", "", TotalType=kind, Amount=self._digits(amount))
            case "spaced":
                return self._money("Total", amount, TotalType=kind).replace(
                    self._digits(amount), f"\n   {self._digits(amount)}\n  "
                )
            case _:
                return self._money("Total", amount, TotalType=kind)

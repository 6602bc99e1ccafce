"""Two makes of till that write POSLog 6 in words of their own, with the truth beside each file.

Built from the ARTS vocabulary as vendors use it, with ElementTree, and from figures that are drawn
first and written down afterwards. Nothing here is shared with the product or with the other writers
of the tests. ``SportsTill`` is French: barcodes, RFID tags, VAT inside, receipts in base64.
``FashionTill`` is German: prefixed names, VAT lines without a word on whether they are included,
returns, struck lines, post-voids of either fashion, suspended receipts, training, settlements.
"""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from xml.etree import ElementTree as ET

ARTS = "http://www.nrf-arts.org/IXRetail/namespace/"
_CET = timezone(timedelta(hours=1))


@dataclass
class Truth:
    """What happened at the till, in cents."""

    number: str
    kind: str = "retail"
    status: str = "completed"
    total: int = 0
    lines: list[int] = field(default_factory=list)
    gtins: list[str] = field(default_factory=list)
    serials: list[list[str]] = field(default_factory=list)
    paid: int = 0
    link: tuple[str, str] | None = None
    loyalty: str = ""
    foreign: tuple[str, int] | None = None
    sums: dict[str, int] = field(default_factory=dict)


def cents(amount: int) -> str:
    """Cents as a till writes them."""
    return f"{Decimal(amount) / 100:.2f}"


def barcode(random: Random, prefix: str) -> str:
    """A GTIN-13: weights 1 and 3 from the left, up to the next ten."""
    body = prefix + "".join(random.choice("0123456789") for _ in range(12 - len(prefix)))
    total = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(body))
    return body + str((10 - total % 10) % 10)


def put(parent: ET.Element, name: str, text: object = None, **attributes: str) -> ET.Element:
    """A child with text and attributes."""
    child = ET.SubElement(parent, name, attributes)
    child.text = None if text is None else str(text)
    return child


class SportsTill:
    """A French sports chain's."""

    SPACE = "{http://www.example.fr/encaissement/extension}"

    def __init__(self, seed: int = 1) -> None:
        self._random = Random(seed)
        self._number = 4100
        self.truths: list[Truth] = []

    def day(self, sales: int) -> bytes:
        """A file of sales, one return and one exchange in ten."""
        root = ET.Element(f"{{{ARTS}}}POSLog", MajorVersion="6", MinorVersion="0", FixVersion="0")
        for index in range(sales):
            self._sale(root, returned=index % 10 == 3, exchanged=index % 10 == 7)
        ET.register_namespace("", ARTS)
        ET.register_namespace("ext", self.SPACE.strip("{}"))
        written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
        return written

    def _sale(self, root: ET.Element, *, returned: bool, exchanged: bool) -> None:
        random, self._number = self._random, self._number + 1
        truth = Truth(str(self._number))
        head = put(root, f"{{{ARTS}}}Transaction", MajorVersion="6", CancelFlag="false")
        unit = put(head, f"{{{ARTS}}}BusinessUnit", TypeCode="RetailStore")
        put(unit, f"{{{ARTS}}}UnitID", "0731", Name="Villeneuve")
        began = datetime(2025, 11, 7, 10, tzinfo=_CET) + timedelta(minutes=3 * len(self.truths))
        for name, text in (
            ("WorkstationID", "CAISSE-12"),
            ("SequenceNumber", truth.number),
            ("TransactionID", f"7-731-{truth.number}"),
            ("BusinessDayDate", "2025-11-07"),
            ("BeginDateTime", began.isoformat()),
            ("EndDateTime", (began + timedelta(seconds=95)).isoformat()),
            ("CurrencyCode", "EUR"),
        ):
            put(head, f"{{{ARTS}}}{name}", text)
        put(head, f"{{{ARTS}}}OperatorID", "8841", OperatorName="Camille Durand")
        body = put(head, f"{{{ARTS}}}RetailTransaction", TransactionStatus="Tendered", Version="6")
        goods = random.randint(1, 4)
        for place in range(1, goods + 1):
            back = returned or (exchanged and place == 1)
            self._goods(body, place, truth, back=back)
        truth.total = sum(truth.lines)
        for kind, text in (
            ("TransactionGrossAmount", cents(truth.total)),
            ("TransactionPurchaseQuantity", f"{goods}.000"),
            ("TransactionGrandAmount", cents(truth.total)),
        ):
            put(body, f"{{{ARTS}}}Total", text, TotalType=kind)
        self._tenders(body, goods + 1, truth)
        self._loyalty(body, truth)
        receipt = f"TICKET {truth.number}\nMERCI DE VOTRE VISITE\n" * 30
        image = put(head, f"{self.SPACE}Receipt", Encoding="base64", ContentType="text/plain")
        image.text = base64.encodebytes(receipt.encode()).decode()
        self.truths.append(truth)

    def _goods(self, body: ET.Element, place: int, truth: Truth, *, back: bool) -> None:
        random = self._random
        item = put(body, f"{{{ARTS}}}LineItem", EntryMethod="RFID", VoidFlag="false")
        put(item, f"{{{ARTS}}}SequenceNumber", place)
        line = put(item, f"{{{ARTS}}}{'Return' if back else 'Sale'}", ItemType="Stock")
        code = barcode(random, "3608")
        identity = put(line, f"{{{ARTS}}}POSIdentity", POSIDType="EAN-13")
        put(identity, f"{{{ARTS}}}POSItemID", code)
        put(line, f"{{{ARTS}}}ItemID", random.randint(2_000_000, 8_999_999))
        put(line, f"{{{ARTS}}}Description", "Chaussures de randonnée femme n° 39")
        pieces, price = random.randint(1, 3), random.randint(199, 9_999)
        saving = random.choice((0, 0, 150))
        amount = pieces * price - saving
        put(line, f"{{{ARTS}}}RegularSalesUnitPrice", cents(price), Currency="EUR")
        put(line, f"{{{ARTS}}}ExtendedAmount", cents(amount), Currency="EUR")
        put(line, f"{{{ARTS}}}Quantity", pieces, UnitOfMeasureCode="EA", Units=f"{pieces}.000")
        if saving:
            modifier = put(line, f"{{{ARTS}}}RetailPriceModifier", MethodCode="Promotion")
            put(modifier, f"{{{ARTS}}}SequenceNumber", 1)
            put(modifier, f"{{{ARTS}}}Amount", cents(saving), Action="Subtract")
        tags = [f"30{random.getrandbits(88):022X}" for _ in range(pieces)]
        for tag in tags:
            put(line, f"{self.SPACE}EPC", tag)
        tax = put(line, f"{{{ARTS}}}Tax", TaxType="VAT")
        put(tax, f"{{{ARTS}}}TaxableAmount", cents(amount), TaxIncludedInTaxableAmountFlag="true")
        put(tax, f"{{{ARTS}}}Amount", cents(amount * 20 // 120))
        put(tax, f"{{{ARTS}}}Percent", "20.00")
        if back:
            link = put(line, f"{{{ARTS}}}TransactionLink", ReasonCode="Return")
            unit = put(link, f"{{{ARTS}}}BusinessUnit")
            put(unit, f"{{{ARTS}}}UnitID", "0731")
            put(link, f"{{{ARTS}}}WorkstationID", "CAISSE-11")
            put(link, f"{{{ARTS}}}BusinessDayDate", "2025-10-30")
            put(link, f"{{{ARTS}}}SequenceNumber", "3977")
            truth.link = ("return", "3977")
        truth.lines.append(-amount if back else amount)
        truth.gtins.append(code)
        truth.serials.append(tags)

    def _tenders(self, body: ET.Element, place: int, truth: Truth) -> None:
        owed = truth.total
        code = "Sale" if owed >= 0 else "Refund"
        if owed > 6_000:
            self._tender(body, place, "Voucher", 2_000, code)
            owed, place = owed - 2_000, place + 1
        if owed % 3 == 0:
            item = self._tender(body, place, "CreditDebit", abs(owed), code)
            card = put(item, f"{{{ARTS}}}CreditDebit", CardType="Visa")
            put(card, f"{{{ARTS}}}PrimaryAccountNumber", "497010******4242")
        elif owed % 3 == 1 and owed > 0:
            given = -(-owed // 1_000) * 1_000
            item = self._tender(body, place, "Cash", given, code)
            change = put(item, f"{{{ARTS}}}TenderChange")
            put(change, f"{{{ARTS}}}TenderID", "EUR")
            put(change, f"{{{ARTS}}}Amount", cents(given - owed))
        else:
            item = self._tender(body, place, "Cash", abs(owed), code)
            money = put(item, f"{{{ARTS}}}ForeignCurrency")
            put(money, f"{{{ARTS}}}CurrencyCode", "CHF")
            put(money, f"{{{ARTS}}}OriginalFaceAmount", cents(abs(owed) * 93 // 100))
            put(money, f"{{{ARTS}}}ExchangeRate", "0.93000")
            face = abs(owed) * 93 // 100
            truth.foreign = ("CHF", face if owed >= 0 else -face)
        truth.paid = truth.total

    def _tender(
        self, body: ET.Element, place: int, kind: str, amount: int, code: str
    ) -> ET.Element:
        item = put(body, f"{{{ARTS}}}LineItem")
        put(item, f"{{{ARTS}}}SequenceNumber", place)
        tender = put(item, f"{{{ARTS}}}Tender", TenderType=kind, TypeCode=code)
        put(tender, f"{{{ARTS}}}Amount", cents(amount), Currency="EUR")
        return tender

    def _loyalty(self, body: ET.Element, truth: Truth) -> None:
        if self._random.random() < 0.5:
            truth.loyalty = f"209{self._random.randrange(10**10):010d}"
            account = put(body, f"{{{ARTS}}}LoyaltyAccount")
            program = put(account, f"{{{ARTS}}}LoyaltyProgram")
            put(program, f"{{{ARTS}}}LoyaltyProgramID", "CLUB")
            put(program, f"{{{ARTS}}}LoyaltyAccountID", truth.loyalty)


class FashionTill:
    """A German fashion house's, with every name prefixed and extensions between them."""

    def __init__(self, seed: int = 1) -> None:
        self._random = Random(seed)
        self._number = 0
        self.truths: list[Truth] = []
        self._written: list[str] = []

    def day(self, rounds: int) -> bytes:
        """A file: sign-on, rounds of everything that happens at a till, settlement."""
        self._control("OperatorSignOn")
        for _ in range(rounds):
            first = self._receipt()
            self._receipt(returned=True)
            self._receipt(struck=True)
            self._receipt(voids=first, repeats=True)
            self._receipt(voids=self._receipt(), repeats=False)
            parked = self._receipt(status="Suspended")
            self._receipt(resumes=parked)
            self._receipt(training=True)
            self._receipt(cancelled=True)
            self._control("NoSale")
        self._settlement()
        text = "".join(self._written)
        return (
            '<?xml version="1.0" encoding="ISO-8859-15"?>\n<!-- Kassenexport -->\n'
            f'<pl:POSLog xmlns:pl="{ARTS}" xmlns:SES="http://www.example.de/pos/ses" '
            f'MajorVersion="6" MinorVersion="0">\n{text}</pl:POSLog>\n'
        ).encode("iso-8859-15")

    def _head(self, truth: Truth, flags: str = "", uid: str = "") -> str:
        return (
            f'<pl:Transaction MajorVersion="6"{flags}><pl:RetailStoreID>D-4711</pl:RetailStoreID>'
            f"<pl:WorkstationID>3</pl:WorkstationID><pl:TillID>Lade 1</pl:TillID>"
            f"<pl:SequenceNumber>{truth.number}</pl:SequenceNumber>"
            f"<pl:BusinessDayDate>2025-11-07</pl:BusinessDayDate>"
            f"<pl:BeginDateTime>2025-11-07T09:00:00.000+01:00</pl:BeginDateTime>"
            f"<pl:EndDateTime>2025-11-07T09:01:00.000+01:00</pl:EndDateTime>"
            f'<pl:OperatorID OperatorName="Müller, Jürgen" WorkerID="77">12</pl:OperatorID>'
            f"<pl:CurrencyCode>EUR</pl:CurrencyCode>{uid}"
        )

    def _next(self, **facts: object) -> Truth:
        self._number += 1
        truth = Truth(str(self._number), **facts)  # type: ignore[arg-type]  # names of its fields
        self.truths.append(truth)
        return truth

    def _control(self, what: str) -> None:
        truth = self._next(kind="control")
        self._written.append(
            f"{self._head(truth)}<pl:ControlTransaction><pl:{what}/></pl:ControlTransaction>"
            "</pl:Transaction>\n"
        )

    def _settlement(self) -> None:
        truth = self._next(kind="tender_control")
        truth.sums = {"TillSettle/TenderSummary/Cash/Ending": 41_250, "TillSettle/Over": 5}
        self._written.append(
            f"{self._head(truth)}<pl:TenderControlTransaction><pl:TillSettle>"
            '<pl:TenderSummary TenderType="Cash"><pl:Ending><pl:Amount>412.50</pl:Amount>'
            "<pl:Count>37</pl:Count></pl:Ending></pl:TenderSummary><pl:Over>0.05</pl:Over>"
            "</pl:TillSettle></pl:TenderControlTransaction></pl:Transaction>\n"
        )

    def _receipt(
        self,
        *,
        returned: bool = False,
        struck: bool = False,
        voids: Truth | None = None,
        repeats: bool = False,
        resumes: Truth | None = None,
        status: str = "Finished",
        training: bool = False,
        cancelled: bool = False,
    ) -> Truth:
        truth = self._next()
        amounts = [self._random.randint(499, 29_999) for _ in range(self._random.randint(1, 3))]
        if voids is not None:
            amounts = [abs(amount) for amount in voids.lines]
        sign = -1 if returned or voids is not None else 1
        kind = "Return" if returned else "Sale"
        written_sign = -1 if voids is not None and not repeats else 1
        items = [self._goods(i, kind, a * written_sign, truth) for i, a in enumerate(amounts)]
        truth.lines = [sign * amount for amount in amounts]
        if struck:
            items.append(self._goods(9, "Sale", 4_990, truth, void=True))
            truth.lines.append(0)
        truth.total = sum(truth.lines)
        shown = abs(truth.total) if repeats or not sign < 0 else truth.total
        tax = abs(truth.total) * 19 // 119 * (-1 if shown < 0 and not returned else 1)
        back = "Refund" if returned or (voids is not None and not repeats) else "Sale"
        body = "".join(items) + self._tax(tax, back)
        paid = status == "Finished" and not cancelled
        if paid:
            body += self._tender(abs(truth.total), back)
            truth.paid = truth.total
        body += f'<pl:Total TotalType="TransactionGrandAmount">{cents(shown)}</pl:Total>'
        body += '<pl:Total TotalType="TransactionPurchaseQuantity">3</pl:Total>'
        if voids is not None:
            truth.link = ("void", voids.number)
            body += self._link("Voided", voids)
        if resumes is not None:
            truth.link = ("resume", resumes.number)
            body += self._link("SES:RetrievedSuspend", resumes)
        flags = ' TrainingModeFlag="true"' if training else ""
        flags += ' CancelFlag="true"' if cancelled else ""
        truth.status = "training" if training else "voided" if cancelled else truth.status
        truth.status = "suspended" if status == "Suspended" else truth.status
        uid = ""
        if self._random.random() < 0.5:
            unique = uuid.UUID(int=self._random.getrandbits(128), version=4)
            uid = f"<SES:InternalTransactionID>{unique}</SES:InternalTransactionID>"
        self._written.append(
            f'{self._head(truth, flags, uid)}<pl:RetailTransaction TransactionStatus="{status}">'
            f"{body}</pl:RetailTransaction></pl:Transaction>\n"
        )
        return truth

    def _goods(
        self, place: int, kind: str, amount: int, truth: Truth, *, void: bool = False
    ) -> str:
        code = barcode(self._random, "40")
        truth.gtins.append(code)
        link = ""
        if kind == "Return":
            truth.link = ("return", "815")
            link = (
                '<pl:TransactionLink ReasonCode="Return"><pl:SequenceNumber>815'
                "</pl:SequenceNumber></pl:TransactionLink>"
            )
        return (
            f'<pl:LineItem EntryMethod="SES:KeyedPerDuplicate"{" VoidFlag=" * void}'
            f"{chr(34) + 'true' + chr(34) if void else ''}>"
            f"<pl:SequenceNumber>{place}</pl:SequenceNumber>"
            f'<pl:{kind} ItemType="Stock"><pl:POSIdentity POSIDType="RegistrationNumber">'
            f"<pl:POSItemID>{code}</pl:POSItemID></pl:POSIdentity>"
            f'<pl:ItemID Name="Bluse">471100{place}</pl:ItemID>'
            f"<pl:Description>Bluse weiß Größe 38 – 50% Rabatt</pl:Description>".replace("–", "-")
            + f"<pl:RegularSalesUnitPrice>{cents(abs(amount))}</pl:RegularSalesUnitPrice>"
            f"<pl:ExtendedAmount>{cents(amount)}</pl:ExtendedAmount>"
            f"<pl:Quantity>{-1 if amount < 0 else 1}</pl:Quantity>{link}</pl:{kind}></pl:LineItem>"
        )

    def _tax(self, amount: int, code: str) -> str:
        return (
            "<pl:LineItem><pl:SequenceNumber>20</pl:SequenceNumber>"
            f'<pl:Tax TaxType="VAT" TypeCode="{code}"><pl:TaxAuthority>DE</pl:TaxAuthority>'
            f"<pl:Amount>{cents(amount)}</pl:Amount><pl:Percent>19.00</pl:Percent></pl:Tax>"
            "</pl:LineItem>"
        )

    def _tender(self, amount: int, code: str) -> str:
        return (
            "<pl:LineItem><pl:SequenceNumber>30</pl:SequenceNumber>"
            f'<pl:Tender TenderType="SES:GiroCard" TypeCode="{code}" TenderDescription="EC-Karte">'
            f"<pl:TenderID>15</pl:TenderID><pl:Amount>{cents(amount)}</pl:Amount>"
            "<pl:Authorization><pl:AuthorizationCode>004512</pl:AuthorizationCode>"
            "</pl:Authorization></pl:Tender></pl:LineItem>"
        )

    def _link(self, reason: str, other: Truth) -> str:
        return (
            f'<pl:TransactionLink ReasonCode="{reason}"><pl:RetailStoreID>D-4711'
            f"</pl:RetailStoreID><pl:WorkstationID>3</pl:WorkstationID>"
            f"<pl:SequenceNumber>{other.number}</pl:SequenceNumber>"
            "<pl:BusinessDayDate>2025-11-07</pl:BusinessDayDate></pl:TransactionLink>"
        )

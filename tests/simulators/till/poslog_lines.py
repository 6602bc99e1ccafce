"""Goods and payments of a receipt as `LineItem` elements."""

from decimal import Decimal
from typing import Final
from xml.etree.ElementTree import Element

from tests.simulators.till.elements import add, add_link
from tests.simulators.till.facts import Line, Link, Modifier, Tender
from tests.simulators.till.money import CURRENCY, whole_fen, yuan
from tests.simulators.till.vocabulary import LineKind, Unit, Wallet

_TENDER_TYPES: Final = {
    Wallet.ALIPAY: ("StoredValue", "支付宝", "Scanned"),
    Wallet.WECHAT: ("StoredValue", "微信支付", "Scanned"),
    Wallet.CASH: ("Cash", "现金", "Keyed"),
    Wallet.BANK_CARD: ("CreditDebit", "银行卡", "MSR"),
}


def add_line(parent: Element, line: Line, link: Link | None) -> None:
    """Append goods; a return line names the line it was, in the transaction that `link` names."""
    void = {"VoidFlag": "true"} if line.void else {}
    item = add(parent, "LineItem", EntryMethod=line.entry, **void)
    add(item, "SequenceNumber", str(line.sequence))
    goods = add(item, line.kind, ItemType="Stock")
    _add_identity(goods, line)
    _add_prices(goods, line)
    for number, modifier in enumerate(line.modifiers, 1):
        _add_modifier(goods, number, line, modifier)
    _add_tax(goods, line)
    if line.kind is LineKind.RETURN and link is not None:
        add_link(goods, link, line.origin_line)


def _add_identity(goods: Element, line: Line) -> None:
    identity = add(goods, "POSIdentity", POSIDType=line.item.coded_as)
    add(identity, "POSItemID", line.item.code)
    add(goods, "ItemID", line.item.sku)
    add(goods, "MerchandiseHierarchy", line.item.department, Level="Department")
    add(goods, "Description", line.item.name)


def _add_prices(goods: Element, line: Line) -> None:
    actual_fen = Decimal(line.extended_fen) / line.quantity
    add(goods, "RegularSalesUnitPrice", yuan(line.item.price_fen))
    add(goods, "ActualSalesUnitPrice", yuan(whole_fen(actual_fen)))
    add(goods, "ExtendedAmount", yuan(line.extended_fen))
    if line.modifiers:
        add(goods, "ExtendedDiscountAmount", yuan(line.regular_fen - line.extended_fen))
    units = f"{line.quantity}" if line.item.unit is Unit.EACH else "1"
    add(
        goods,
        "Quantity",
        f"{line.quantity}",
        UnitOfMeasureCode=line.item.unit,
        Units=units.removeprefix("-"),
    )
    add(goods, "TaxIncludedInPriceFlag", "true")


def _add_modifier(goods: Element, number: int, line: Line, modifier: Modifier) -> None:
    element = add(goods, "RetailPriceModifier", MethodCode=modifier.method)
    add(element, "SequenceNumber", str(number))
    add(element, "Amount", yuan(modifier.amount_fen), Action="Subtract")
    if modifier.new_unit_price_fen is not None:
        add(element, "PreviousPrice", yuan(line.item.price_fen))
        add(element, "NewPrice", yuan(modifier.new_unit_price_fen))
    add(element, "ReasonCode", modifier.reason)


def _add_tax(goods: Element, line: Line) -> None:
    element = add(goods, "Tax", TaxType="VAT")
    add(element, "SequenceNumber", "1")
    add(
        element,
        "TaxableAmount",
        yuan(line.extended_fen),
        TaxIncludedInTaxableAmountFlag="true",
    )
    add(element, "Amount", yuan(line.tax_fen))
    add(element, "Percent", str(line.item.tax_percent))


def add_tender(parent: Element, sequence: int, tender: Tender) -> None:
    """Append a payment, numbered on from the goods."""
    tender_type, description, entry = _TENDER_TYPES[tender.wallet]
    # Nothing is scanned or swiped to give money back.
    item = add(parent, "LineItem", EntryMethod="Keyed" if tender.refund else entry)
    add(item, "SequenceNumber", str(sequence))
    type_code = "Refund" if tender.refund else "Sale"
    element = add(item, "Tender", TenderType=tender_type, TypeCode=type_code)
    add(element, "TenderID", tender.wallet)
    add(element, "TenderDescription", description)
    add(element, "Amount", yuan(tender.amount_fen), Currency=CURRENCY)
    if tender.change_fen:
        change = add(element, "TenderChange")
        add(change, "Amount", yuan(tender.change_fen), Currency=CURRENCY)
    if tender.reference is not None:
        _add_authorization(element, tender, tender.reference)
    if tender.masked_pan is not None:
        card = add(element, "CreditDebit", CardType="Debit")
        add(card, "PrimaryAccountNumber", tender.masked_pan)


def _add_authorization(parent: Element, tender: Tender, reference: str) -> None:
    element = add(parent, "Authorization", HostAuthorized="true")
    add(element, "RequestedAmount", yuan(tender.amount_fen))
    if tender.payment_code is not None:
        add(element, "AuthorizationCode", tender.payment_code)
    add(element, "ReferenceNumber", reference)

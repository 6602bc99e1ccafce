"""Writes transactions as POSLog XML; the dialect is described in the package's docstring."""

from collections.abc import Iterable
from typing import Final, assert_never
from xml.etree.ElementTree import Element, tostring

from tests.simulators.till.elements import add, add_link
from tests.simulators.till.facts import ControlTransaction, RetailTransaction, Transaction
from tests.simulators.till.money import CURRENCY, yuan
from tests.simulators.till.poslog_controls import add_control
from tests.simulators.till.poslog_lines import add_line, add_tender
from tests.simulators.till.poslog_shopper import add_shopper
from tests.simulators.till.vocabulary import LinkReason, RetailStatus

NAMESPACE: Final = "http://www.nrf-arts.org/IXRetail/namespace/"
_VERSION: Final = {"MajorVersion": "6", "MinorVersion": "0", "FixVersion": "0"}


def poslog_xml(transaction: Transaction) -> bytes:
    """One transaction as a whole file; the same transaction always gives the same bytes."""
    return poslog_batch_xml((transaction,))


def poslog_batch_xml(transactions: Iterable[Transaction]) -> bytes:
    """Several transactions as one file, in the order given."""
    root = Element("POSLog", {"xmlns": NAMESPACE} | _VERSION)
    for transaction in transactions:
        root.append(_transaction(transaction))
    return bytes(tostring(root, encoding="UTF-8", xml_declaration=True))


def _transaction(transaction: Transaction) -> Element:
    element = _header(transaction)
    match transaction:
        case RetailTransaction():
            _add_retail(element, transaction)
        case ControlTransaction():
            add_control(element, transaction)
        case _:
            assert_never(transaction)
    return element


def _header(transaction: Transaction) -> Element:
    head = transaction.head
    element = Element("Transaction", _flags(transaction) | _VERSION)
    add(element, "RetailStoreID", head.store_ref)
    add(element, "WorkstationID", head.workstation)
    add(element, "TillID", head.till)
    add(element, "SequenceNumber", str(head.sequence))
    if head.transaction_id is not None:
        add(element, "TransactionID", head.transaction_id)
    add(element, "BusinessDayDate", head.business_day.isoformat())
    add(element, "BeginDateTime", head.begin_at.isoformat())
    add(element, "EndDateTime", head.end_at.isoformat())
    add(element, "OperatorID", head.operator_id, OperatorName=head.operator_name)
    add(element, "CurrencyCode", CURRENCY)
    return element


def _flags(transaction: Transaction) -> dict[str, str]:
    cancelled = (
        isinstance(transaction, RetailTransaction) and transaction.status is RetailStatus.VOIDED
    )
    return {
        "CancelFlag": _flag(cancelled),
        "OfflineFlag": _flag(transaction.head.offline),
        "TrainingModeFlag": _flag(transaction.head.training),
    }


def _add_retail(parent: Element, receipt: RetailTransaction) -> None:
    element = add(parent, "RetailTransaction", Version="6.0", TransactionStatus=receipt.status)
    for line in receipt.lines:
        add_line(element, line, receipt.link)
    for sequence, tender in enumerate(receipt.tenders, len(receipt.lines) + 1):
        add_tender(element, sequence, tender)
    _add_totals(element, receipt)
    add_shopper(element, receipt.shopper, receipt.head)
    if receipt.link is not None and receipt.link.reason is not LinkReason.RETURN:
        add_link(element, receipt.link)


def _add_totals(parent: Element, receipt: RetailTransaction) -> None:
    net_fen = receipt.grand_fen - receipt.tax_fen
    add(parent, "Total", yuan(receipt.grand_fen), TotalType="TransactionGrandAmount")
    add(parent, "Total", yuan(receipt.tax_fen), TotalType="TransactionTaxAmount")
    add(parent, "Total", yuan(net_fen), TotalType="TransactionNetAmount")


def _flag(value: bool) -> str:
    return "true" if value else "false"

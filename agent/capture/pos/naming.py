"""What elements and attributes of POSLog are called, whichever way a till spells them.

Two kinds of difference are none: another case (``WorkstationId``), and a name that another version
or vendor of the standard has for the same thing. Both are looked up once for every name of a file,
so that all who read elements know one name only.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_STANDARD: Final = """
POSLog Transaction RetailTransaction ControlTransaction TenderControlTransaction
RetailStoreID BusinessUnit UnitID StoreID WorkstationID TillID SequenceNumber TransactionID
InternalTransactionID TransactionUUID ReceiptNumber ReceiptDateTime BusinessDayDate POSLogDateTime
BeginDateTime EndDateTime OperatorID CurrencyCode TransactionStatus TransactionType TypeCode
TrainingModeFlag CancelFlag OfflineFlag VoidFlag NegativeAmountFlag AgeRestrictedFlag
TransactionLink ReasonCode LineItemSequenceNumber LineItemID ItemLink
LineItem EntryMethod Sale SaleForDelivery SaleForPickup Return Tender Tax Discount Rounding
POSIdentity POSIDType POSItemID ItemID ItemIDType GTIN EAN UPC Description Quantity Units
UnitOfMeasureCode RegularSalesUnitPrice ActualSalesUnitPrice ExtendedAmount RetailPriceModifier
MethodCode Amount Action Percent PromotionID AgeRestriction
SerialNumber EPC SGTIN RFID RFIDTag RFIDTagID TagID TagNumber IMEI
SerializedUnit SerializedItem SerialNumbers SerializedUnits RFIDTags Tags
GiftCertificate GiftCard StoredValueFund StoredValueInstrument Fee Deposit DepositRedemption
Donation Tip ServiceCharge PaymentOnAccount
TaxType TaxID TaxRuleID TaxGroupID TaxableAmount TaxIncludedInPriceFlag
TaxIncludedInTaxableAmountFlag TenderType TenderID TenderDescription TenderChange Cashback
CreditDebit PrimaryAccountNumber AccountNumber CardNumber Authorization AuthorizationCode
ForeignCurrency OriginalFaceAmount FaceAmount ForeignAmount ExchangeRate Currency
Total TotalType Customer CustomerName ContactInformation TelephoneNumber Telephone
FullTelephoneNumber LoyaltyAccount LoyaltyProgram LoyaltyProgramID LoyaltyAccountID
"""

_ALSO: Final = {
    "PriceModification": "RetailPriceModifier",
    "PriceModifier": "RetailPriceModifier",
    "ItemPriceModifier": "RetailPriceModifier",
    "POSIdentifier": "POSIdentity",
    "POSItemIdentity": "POSIdentity",
    "ExtendedPrice": "ExtendedAmount",
    "ExtendedSalesAmount": "ExtendedAmount",
    "RegularUnitPrice": "RegularSalesUnitPrice",
    "ActualUnitPrice": "ActualSalesUnitPrice",
    "TransactionSequenceNumber": "SequenceNumber",
    "BusinessDate": "BusinessDayDate",
    "BusinessDay": "BusinessDayDate",
    "BeginDateTimestamp": "BeginDateTime",
    "EndDateTimestamp": "EndDateTime",
    "StartDateTime": "BeginDateTime",
    "TransactionCurrencyCode": "CurrencyCode",
    "TotalTypeCode": "TotalType",
    "TenderTypeCode": "TenderType",
    "TaxTypeCode": "TaxType",
    "UnitOfMeasure": "UnitOfMeasureCode",
    "UOMCode": "UnitOfMeasureCode",
}

_BY_WORD: Final[Mapping[str, str]] = MappingProxyType(
    {name.lower(): name for name in _STANDARD.split()}
    | {other.lower(): name for other, name in _ALSO.items()}
)


def standard_name(name: str) -> str:
    """The standard's name of an element or attribute, without its namespace; others as they are."""
    return _BY_WORD.get(name.lower(), name)

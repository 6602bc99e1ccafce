"""Closed sets of words that tills print; the values are what stands in the XML."""

from enum import StrEnum


class Unit(StrEnum):
    """Unit of measure, as the till prints it."""

    EACH = "EA"
    KILOGRAM = "kg"
    JIN = "斤"  # 500 g, what market scales in China show


class CodeKind(StrEnum):
    """What the cashier scanned or typed to find the item."""

    GTIN = "GTIN"
    PLU = "PLU"  # five digits of the shop's own scale


class Deal(StrEnum):
    """Promotion an item may take part in."""

    SECOND_HALF_PRICE = "第二件半价"
    NEAR_EXPIRY = "临期八折"


class EntryMethod(StrEnum):
    """How a line came in (ARTS names)."""

    SCANNED = "Scanned"
    KEYED = "Keyed"
    MAGNETIC_STRIPE = "MSR"


class LineKind(StrEnum):
    """Element that carries the line."""

    SALE = "Sale"
    RETURN = "Return"


class ModifierMethod(StrEnum):
    """Why a line costs less than the shelf price (ARTS `MethodCode`)."""

    MEMBER_PRICE = "CustomerPrice"
    PROMOTION = "PriceRule"
    MARKDOWN = "Markdown"


class Wallet(StrEnum):
    """Means of payment (the till's `TenderID`)."""

    ALIPAY = "ALIPAY"
    WECHAT = "WECHAT"
    CASH = "CASH"
    BANK_CARD = "BANKCARD"


class RetailStatus(StrEnum):
    """`RetailTransaction/@TransactionStatus`, ARTS values."""

    COMPLETED = "Tendered"
    VOIDED = "Voided"  # given up before payment
    SUSPENDED = "Suspended"
    POST_VOID = "PostVoided"  # takes back an earlier, completed sale


class LinkReason(StrEnum):
    """`TransactionLink/@ReasonCode`."""

    RETURN = "Return"
    VOID = "Void"
    RESUME = "Resume"


class ControlKind(StrEnum):
    """Transactions without goods; each is the name of its element."""

    SIGN_ON = "OperatorSignOn"
    SIGN_OFF = "OperatorSignOff"
    NO_SALE = "NoSale"
    SETTLE = "TillSettle"

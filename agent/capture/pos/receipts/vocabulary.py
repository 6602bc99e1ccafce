"""Words by which a draft of a profile finds its way on receipts that it has never seen.

Only ``drafting`` looks here: what is captured later depends on the finished profile alone, which a
person has read. Earlier words of a list are surer than later ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from agent.capture.pos.mapping.transcript import Field

TOTALS: Final = (
    *("应收金额", "应付金额", "应收", "应付", "合计金额", "合计", "总计", "总额", "总金额"),
    *("grand total", "amount due", "total due", "total ttc", "net à payer", "à payer"),
    *("zu zahlen", "gesamtbetrag", "summe", "gesamt", "totale", "total"),
)
SUBTOTALS: Final = (
    *("消费合计", "小计", "subtotal", "sub total", "sub-total", "zwischensumme", "sous-total"),
    *("total ht", "net total"),
)
TAXES: Final = ("sales tax", "tax", "vat", "gst", "hst", "mwst", "ust", "tva", "iva", "税额", "税")
CHANGE: Final = ("找零", "change", "rückgeld", "zurück", "rendu", "a rendre", "cambio")
DISCOUNTS: Final = (
    *("折扣金额", "整单优惠", "优惠金额", "优惠", "折扣", "discount", "coupon", "rabatt", "remise"),
    "saving",
)
TENDERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "微信支付": "wechat",
        "微信": "wechat",
        "支付宝": "alipay",
        "现金": "",
        "银行卡": "",
        "云闪付": "unionpay",
        "cash": "",
        "credit card": "",
        "debit card": "",
        "card": "",
        "visa": "",
        "mastercard": "",
        "maestro": "",
        "girocard": "",
        "ec-cash": "",
        "bar": "",
        "carte": "",
        "especes": "",
        "espèces": "",
        "alipay": "alipay",
        "wechat pay": "wechat",
    }
)
"""What tills call payments, to our name of the wallet where it is one."""

NUMBERS: Final[Mapping[Field, tuple[str, ...]]] = MappingProxyType(
    {
        Field.RECEIPT_NUMBER: (
            *("小票号", "流水号", "交易号", "单号", "票号", "receipt no", "receipt", "invoice no"),
            *("invoice", "ticket no", "ticket", "bill no", "transaction", "trans", "beleg-nr"),
            *("bon-nr", "bonnr", "bon", "order"),
        ),
        Field.WORKSTATION_ID: (
            *("机号", "收银机", "款台", "till", "register", "terminal", "pos", "kasse", "caisse"),
            "lane",
        ),
        Field.BUSINESS_UNIT: (
            *("门店", "店号", "shop no", "store no", "shop", "store", "filiale", "magasin"),
        ),
    }
)
"""What stands in front of numbers."""

DATES: Final = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"),
    *("%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%Y"),
    *("%A %d of %B %Y", "%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%B %d, %Y", "%b %d, %Y"),
)
"""Formats of days; of two that are written alike, the one that more countries use comes first."""

TIMES: Final = ("%I:%M:%S %p", "%I:%M %p", "%H:%M:%S", "%H:%M")
PRINTING: Final = ("打印", "print", "druck", "imprim")
TWINS: Final = (("%d/%m/%Y", "%m/%d/%Y"), ("%d/%m/%y", "%m/%d/%y"))
"""Formats that only a day after the twelfth tells apart."""

GOODS: Final = (
    (
        "{description}",
        "{gtin:digits} {quantity}[{uom:千克|公斤|斤|kg|g|lb}] (x|×|*|@) {actual_price} {amount}",
    ),
    ("{description}", "{quantity}[{uom:千克|公斤|斤|kg|g|lb}] (x|×|*|@) {actual_price} {amount}"),
    ("{description} {quantity} (x|×|*|@) {actual_price} {amount}",),
    ("{quantity} (x|×|*|@) {actual_price} {description} {amount}",),
    ("{quantity} (x|×) {description} {amount}",),
    ("{description} {quantity} {uom} {amount}",),
    ("{description} {actual_price} {quantity} {amount}",),
    ("{description} {quantity} {actual_price} {amount}",),
    ("{description} {amount}",),
)
"""Forms of lines of goods; those that say more come first."""

"""Till simulator: plays a Chinese convenience store's day as ARTS POSLog files.

It imports nothing from the product, so a reader of its files is tested on XML that the product
did not write. Everything follows from a seed; no clock and no global chance is used.

    day = ShopDay(seed=7, sales=1000)
    for played in Player(folder, SystemPlayerClock()).play(day.deliveries()):
        ...                      # one file is now in the folder; measure, wait, or go on
    assert system_under_test == day.truth

or ``python -m tests.simulators.till OUT_DIR --seed 7 --sales 1000``. What the truth counts, and
why, is said in `truth`.

The dialect
===========
POSLog 6, UTF-8, no indentation. Default namespace ``http://www.nrf-arts.org/IXRetail/namespace/``
on every element, no other namespace; attributes have none. ``POSLog`` holds one ``Transaction``,
or several in a batch file. Paths below start at ``Transaction``; ``RT`` is ``RetailTransaction``.
Element names are ARTS names as NCR, Wincor Nixdorf and Retalix tills use them, without vendor
prefixes; where those vendors differ from one another, this dialect picks one and says so. It has
not been validated against the OMG schema, which is not freely at hand.

Header
------
``@CancelFlag @OfflineFlag @TrainingModeFlag``
    always present, ``true`` or ``false``. Training: ``@TrainingModeFlag="true"``, all else like
    a completed sale. Cancelled: ``true`` on voided transactions only.
``RetailStoreID WorkstationID TillID SequenceNumber``
    workstation is two digits (``01``); sequence runs from 1 per workstation and business day,
    shared by retail, training and control transactions.
``TransactionID``
    a UUID; **absent on the last workstation**, whose software is older (if there are several).
``BusinessDayDate``
    ``2025-11-07``; receipts after midnight keep it.
``BeginDateTime EndDateTime``
    local time with offset, ``2025-11-08T00:41:07+08:00``.
``OperatorID/@OperatorName``
    the operator's number, with a Chinese name that nobody downstream may keep.
``CurrencyCode``
    ``CNY``; amounts have two decimals.

Kind and status
---------------
``RT/@TransactionStatus``
    * ``Tendered``: completed; a sale, or a return (then all its goods are ``Return``)
    * ``Voided``: given up before payment; goods and totals, no tender; counts nothing
    * ``Suspended``: parked; goods and totals, no tender; counts nothing
    * ``PostVoided``: takes back a completed sale, see links
``ControlTransaction/OperatorSignOn | OperatorSignOff | NoSale``
    beside a ``ReasonCode``; ``NoSale`` holds its time.
``TenderControlTransaction/TillSettle``
    at day's end: ``TillID``, ``TotalNetSalesAmount`` (completed sales less returns and
    post-voids of that till, no training) and ``TransactionCount`` (receipts in that amount).

Links
-----
``TransactionLink/@ReasonCode``
    with ``RetailStoreID WorkstationID SequenceNumber BusinessDayDate``, and ``TransactionID``
    where the original has one.

    * ``Return``, at ``RT/LineItem/Return/TransactionLink``: the original sale, and in
      ``LineItemSequenceNumber`` the line that comes back, whole
    * ``Void``, at ``RT/TransactionLink``: the sale that this post-void takes back
    * ``Resume``, at ``RT/TransactionLink``: the suspended transaction that this sale continues;
      same goods, and only this one counts

    Linked transactions may have happened at another workstation, always on the same day.

Goods: ``RT/LineItem/Sale`` or ``RT/LineItem/Return``
-----------------------------------------------------
``LineItem/@EntryMethod`` (``Scanned``, ``Keyed``), ``LineItem/SequenceNumber`` from 1.
``LineItem/@VoidFlag="true"``
    the line itself was taken back; its amounts stand as rung up and **do not count**. (NCR adds
    a second, negative line instead.) Absent on other lines.
``POSIdentity/@POSIDType``, ``POSIdentity/POSItemID``
    ``GTIN`` with 13 valid digits, or ``PLU`` with five digits for goods of the shop's scale.
``ItemID MerchandiseHierarchy[@Level="Department"] Description``
    the shop's own number; Chinese text.
``Quantity/@UnitOfMeasureCode @Units``
    ``EA`` with a whole number; ``kg`` and ``斤`` (500 g) with three decimals, ``Units="1"``.
``RegularSalesUnitPrice ActualSalesUnitPrice``
    shelf price; price paid, rounded to fen and therefore for show only.
``ExtendedAmount``
    what the line costs: regular price × quantity, rounded half up, less all modifiers.
``ExtendedDiscountAmount``
    sum of the modifiers, if any.
``RetailPriceModifier/@MethodCode``
    ``CustomerPrice`` (member price, with unit ``PreviousPrice`` and ``NewPrice``), ``PriceRule``
    (promotion) or ``Markdown`` (near expiry); ``Amount[@Action="Subtract"]`` is the reduction of
    the **whole line**, ``ReasonCode`` is Chinese text.
``TaxIncludedInPriceFlag``, ``Tax[@TaxType="VAT"]``
    always ``true``; ``TaxableAmount[@TaxIncludedInTaxableAmountFlag="true"]`` repeats the
    extended amount, ``Amount`` is the tax inside it, ``Percent`` is 13 or 9.

Signs: a ``Return`` line is written positive and subtracts. A post-void repeats the sale's lines
as ``Sale`` with negative quantity, amounts, modifiers and tax.

Payments: ``RT/LineItem/Tender``
--------------------------------
``@TypeCode``
    ``Sale``, or ``Refund`` (money goes out). ``Amount`` is positive either way.
``@TenderType``, ``TenderID``, ``TenderDescription``
    ``StoredValue``: ``ALIPAY`` 支付宝, ``WECHAT`` 微信支付; ``Cash``: ``CASH`` 现金;
    ``CreditDebit``: ``BANKCARD`` 银行卡.
``Amount``
    what was handed over; ``TenderChange/Amount``, positive, is what came back. (NCR writes change
    as a negative tender instead.)
``Authorization/RequestedAmount AuthorizationCode ReferenceNumber``
    wallets and cards. **Redact:** for wallets ``AuthorizationCode`` is the 18-digit payment code
    from the customer's screen; ``ReferenceNumber`` is the platform's 28-digit order number.
``CreditDebit/PrimaryAccountNumber``
    first six and last four digits, ``621700******1234``; the product keeps four at most.

Totals: ``RT/Total/@TotalType``
-------------------------------
``TransactionGrandAmount`` (tax included), ``TransactionTaxAmount``, ``TransactionNetAmount``;
negative when money goes back. They hold exactly:

* grand = Σ ``Sale/ExtendedAmount`` − Σ ``Return/ExtendedAmount`` over lines without ``VoidFlag``
* tax   = the same sum over ``Tax/Amount``; net = grand − tax
* grand = Σ ``Tender/Amount`` − Σ ``TenderChange/Amount``, refunds negative, for transactions that
  are ``Tendered`` or ``PostVoided``

The member
----------
``RT/Customer/ContactInformation/TelephoneNumber[@TypeCode="Mobile"]``
    eleven digits; **with** ``+86`` in front on the last, older workstation. ``13800138000`` is a
    cashier reaching for the member price and identifies nobody.
``RT/LoyaltyAccount/LoyaltyProgram/LoyaltyAccountID``
    card number, ten digits, in programme ``LoyaltyProgramID`` = ``HUIYUAN``.
    ``LoyaltyAccount/CustomerID`` and ``Customer/CustomerID`` repeat the card number and are
    absent for members without a card.
``RT/Customer/CustomerName``
    some members only: ``Name[@TypeCode="FamilyName"]``, ``Name[@TypeCode="GivenName"]`` and
    ``FullName`` (family name first, no space).

Every receipt of a member carries all that the till knows of them; a return or post-void carries
the member of its sale. Anonymous receipts have neither element.

Files
-----
``POSLog_<store>_<workstation>_<yyyymmdd>_<sequence>.xml``; a reprint is the same bytes under
``…_R1.xml`` minutes later, a late sale arrives two hours after the day's last transaction. Batch
files are ``POSLog_<store>_<yyyymmdd>_batch<n>.xml``. Until its rename a file ends in ``.xml.part``.
"""

from tests.simulators.till.day import ShopDay
from tests.simulators.till.deliveries import Delivery, Purpose
from tests.simulators.till.facts import (
    ControlTransaction,
    RetailTransaction,
    Transaction,
)
from tests.simulators.till.player import Played, Player, PlayerClock, SystemPlayerClock
from tests.simulators.till.poslog import NAMESPACE, poslog_batch_xml, poslog_xml
from tests.simulators.till.truth import DayTruth, HourTruth, MemberTruth

__all__ = [
    "NAMESPACE",
    "ControlTransaction",
    "DayTruth",
    "Delivery",
    "HourTruth",
    "MemberTruth",
    "Played",
    "Player",
    "PlayerClock",
    "Purpose",
    "RetailTransaction",
    "ShopDay",
    "SystemPlayerClock",
    "Transaction",
    "poslog_batch_xml",
    "poslog_xml",
]

"""Small POSLog files for tests, written as text so that they share nothing with the reader.

Each function returns XML text; ``poslog`` makes the bytes of a file of it. Defaults make a plain,
balanced, standard transaction, and every argument spoils or changes one thing.
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

ARTS = "http://www.nrf-arts.org/IXRetail/namespace/"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


def poslog(
    *transactions: str,
    root: str = "POSLog",
    namespace: str = f'xmlns="{ARTS}"',
    declaration: str = DECLARATION,
    encoding: str = "utf-8",
) -> bytes:
    """A whole file."""
    text = f"{declaration}<{root} {namespace}>{''.join(transactions)}</{root}>"
    return text.encode(encoding)


def transaction(
    body: str = "",
    *,
    number: str = "1",
    day: str = "2025-11-07",
    end_at: str = "2025-11-07T10:00:00+08:00",
    currency: str = "CNY",
    flags: str = "",
    header: str = "",
    leave_out: str = "",
) -> str:
    """One transaction; ``leave_out`` names a header element that is missing."""
    fields = {
        "RetailStoreID": "1001",
        "WorkstationID": "01",
        "SequenceNumber": number,
        "BusinessDayDate": day,
        "EndDateTime": end_at,
        "CurrencyCode": currency,
    }
    written = "".join(element(name, text) for name, text in fields.items() if name != leave_out)
    return f"<Transaction {flags}>{written}{header}{body or retail()}</Transaction>"


def retail(*items: str, total: str = "10.00", status: str = "", below: str = "") -> str:
    """A retail transaction; one line paid in cash unless items are given."""
    stated = f" TransactionStatus={quoteattr(status)}" if status else ""
    lines = "".join(items) if items else goods() + tender()
    grand = f'<Total TotalType="TransactionGrandAmount">{total}</Total>' if total else ""
    return f"<RetailTransaction{stated}>{lines}{grand}{below}</RetailTransaction>"


def goods(
    amount: str = "10.00",
    *,
    kind: str = "Sale",
    sequence: str = "1",
    quantity: str = "1",
    attributes: str = "",
    inside: str = "",
) -> str:
    """A line of goods."""
    return (
        f"<LineItem {attributes}><SequenceNumber>{sequence}</SequenceNumber><{kind}>"
        f"<ItemID>100020</ItemID><Description>豆浆</Description>"
        f"<ExtendedAmount>{amount}</ExtendedAmount><Quantity>{quantity}</Quantity>{inside}"
        f"</{kind}></LineItem>"
    )


def tender(
    amount: str = "10.00",
    *,
    kind: str = "Cash",
    code: str = "Sale",
    identity: str = "",
    attributes: str = "",
    inside: str = "",
) -> str:
    """A payment."""
    return (
        f"<LineItem {attributes}><SequenceNumber>9</SequenceNumber>"
        f'<Tender TenderType="{kind}" TypeCode="{code}">{element("TenderID", identity)}'
        f"<Amount>{amount}</Amount>{inside}</Tender></LineItem>"
    )


def tax(amount: str, *, attributes: str = "", inside: str = "") -> str:
    """A tax line of the transaction."""
    return (
        f"<LineItem {attributes}><SequenceNumber>8</SequenceNumber>"
        f"<Tax><Amount>{amount}</Amount>{inside}</Tax></LineItem>"
    )


def control(what: str = "OperatorSignOn", reason: str = "") -> str:
    """A control transaction's body."""
    return f"<ControlTransaction>{element('ReasonCode', reason)}<{what}/></ControlTransaction>"


def customer(phone: str = "", family: str = "", given: str = "") -> str:
    """A customer of the standard's shape, for ``retail(below=…)``."""
    names = "".join(
        f'<Name TypeCode="{part}">{escape(text)}</Name>'
        for part, text in (("FamilyName", family), ("GivenName", given))
        if text
    )
    contact = f"<ContactInformation>{element('TelephoneNumber', phone)}</ContactInformation>"
    return f"<Customer><CustomerName>{names}</CustomerName>{contact}</Customer>"


def card(number: str, programme: str = "") -> str:
    """A loyalty account of the standard's shape, for ``retail(below=…)``."""
    return (
        f"<LoyaltyAccount><LoyaltyProgram>{element('LoyaltyProgramID', programme)}"
        f"{element('LoyaltyAccountID', number)}</LoyaltyProgram></LoyaltyAccount>"
    )


def element(name: str, text: str) -> str:
    """An element with text; nothing where there is no text."""
    return f"<{name}>{escape(text)}</{name}>" if text else ""

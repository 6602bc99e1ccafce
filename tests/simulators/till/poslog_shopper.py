"""Who a receipt is for, as `Customer` and `LoyaltyAccount` elements."""

from xml.etree.ElementTree import Element

from tests.simulators.till.elements import add
from tests.simulators.till.facts import Head
from tests.simulators.till.people import CARD_PROGRAMME, Shopper


def add_shopper(parent: Element, shopper: Shopper, head: Head) -> None:
    """Append what the till knows of a shopper; nothing for an anonymous one."""
    if not shopper.known:
        return
    customer = add(parent, "Customer")
    if shopper.card is not None:
        add(customer, "CustomerID", shopper.card)
    _add_name(customer, shopper)
    if shopper.phone is not None:
        contact = add(customer, "ContactInformation")
        country = "+86" if head.legacy else ""
        add(contact, "TelephoneNumber", country + shopper.phone, TypeCode="Mobile")
    if shopper.card is not None:
        _add_loyalty(parent, shopper.card)


def _add_name(customer: Element, shopper: Shopper) -> None:
    if shopper.family_name is None or shopper.given_name is None:
        return
    name = add(customer, "CustomerName")
    add(name, "Name", shopper.family_name, TypeCode="FamilyName")
    add(name, "Name", shopper.given_name, TypeCode="GivenName")
    add(name, "FullName", shopper.family_name + shopper.given_name)


def _add_loyalty(parent: Element, card: str) -> None:
    account = add(parent, "LoyaltyAccount")
    add(account, "CustomerID", card)
    programme = add(account, "LoyaltyProgram")
    add(programme, "LoyaltyProgramID", CARD_PROGRAMME)
    add(programme, "LoyaltyAccountID", card)

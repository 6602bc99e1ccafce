"""The one way in which the writer adds an element, and the links that several parts need."""

from xml.etree.ElementTree import Element, SubElement

from tests.simulators.till.facts import Link


def add(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    """Append a child with text and attributes, in the order given."""
    element = SubElement(parent, name, attributes)
    element.text = text
    return element


def add_link(parent: Element, link: Link, origin_line: int | None = None) -> None:
    """Append a `TransactionLink`; it names a line only where goods come back."""
    element = add(parent, "TransactionLink", ReasonCode=link.reason)
    add(element, "RetailStoreID", link.origin.store_ref)
    add(element, "WorkstationID", link.origin.workstation)
    add(element, "SequenceNumber", str(link.origin.sequence))
    if link.origin.transaction_id is not None:
        add(element, "TransactionID", link.origin.transaction_id)
    add(element, "BusinessDayDate", link.origin.business_day.isoformat())
    if origin_line is not None:
        add(element, "LineItemSequenceNumber", str(origin_line))

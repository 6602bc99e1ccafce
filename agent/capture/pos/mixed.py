"""Elements with text and elements in them, which a till writes by damage only.

A card's number may go on behind what stands in its middle. What is read of such an element is the
text before its first child: most of the number, perhaps, that does not read like one by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from xml.etree.ElementTree import Element

from agent.capture.pos.sensitive import context_of, without_cards


def hide_cards(element: Element) -> None:
    """Mask the numbers that begin before an element's first child; tags part nothing.

    What has further elements below its children is no number, but a part of a receipt.
    """
    if not (element.text or "").rstrip()[-1:].isdecimal() or any(map(len, element)):
        return
    places = list(_texts(element))
    whole = "".join(getattr(owner, name) or "" for owner, name in places)
    hidden = without_cards(whole, context_of(element.tag))
    if hidden == whole:
        return
    rest = iter(hidden)
    for owner, name in places:
        text = getattr(owner, name) or ""
        setattr(owner, name, "".join(islice(rest, len(text))))


def _texts(element: Element) -> Iterator[tuple[Element, str]]:
    """Where each piece of text is kept, in the order of the document."""
    yield element, "text"
    for child in element:
        yield child, "text"
        yield child, "tail"

"""Reading elements whose names have already lost their namespace (see ``document``)."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from agent.capture.pos.malformed import Malformed


def text_at(element: Element, path: str) -> str:
    """The text at an ElementPath, without surrounding space; empty where there is none."""
    return (element.findtext(path) or "").strip()


def check_path(path: str) -> None:
    """Refuse what is no ElementPath, when a profile is read; raises ValueError."""
    try:
        Element("any").find(path)
    except (SyntaxError, LookupError, TypeError) as error:
        raise ValueError(f"{path!r} is no ElementPath: {error}") from error


def first_text(element: Element, paths: Iterable[str]) -> str:
    """The first text found at any of the paths, in their order."""
    return next((text for path in paths if (text := text_at(element, path))), "")


def required_text(element: Element, paths: Iterable[str], name: str) -> str:
    """As ``first_text``; raises Malformed where all are empty."""
    text = first_text(element, paths)
    if not text:
        raise Malformed(f"{name} is missing")
    return text


def is_true(text: str | None) -> bool:
    """Whether a flag is set, by XML Schema's ``true`` or ``1``, in any case."""
    return text is not None and text.strip().lower() in ("true", "1")


def flag(element: Element, name: str) -> bool:
    """Whether a flag is set, which the standard writes as an attribute and some as a child."""
    given = element.get(name)
    if given is not None:
        return is_true(given)
    child = next((each for each in element if each.tag == name), None)
    return child is not None and is_true(child.text)


def stated(element: Element, name: str) -> str:
    """What an element says under a name: its attribute or, as other tills write it, its child."""
    return (element.get(name) or text_at(element, name)).strip()


def word(text: str) -> str:
    """A vocabulary's word in one spelling: without a vendor's prefix, in lower case."""
    return text.rpartition(":")[2].strip().lower()


def children_of(element: Element) -> dict[str, Element]:
    """The children by name; of several with one name, the first."""
    found: dict[str, Element] = {}
    for child in element:
        found.setdefault(child.tag, child)
    return found


def text_of(children: dict[str, Element], name: str) -> str:
    """The text of a child in a ``children_of`` mapping; empty where it is missing."""
    child = children.get(name)
    return (child.text or "").strip() if child is not None else ""

"""The real POSLog files as a second shop, and what an independent reading says of them."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

NCR_STORE = "ncr-0009"


@dataclass(frozen=True, slots=True)
class RealDay:
    """Files of a folder with real data, and the truth about them.

    Attributes:
        files: name and plain XML.
        retail, controls: distinct transactions, by workstation, business day and sequence number.
        members: distinct memberships named in retail transactions.
    """

    files: tuple[tuple[str, bytes], ...]
    retail: int
    controls: int
    members: int


def read_real_day(folder: Path) -> RealDay:
    """Read ``poslog/`` of the data folder with a plain DOM, not with our parser."""
    files = []
    for path in sorted((folder / "poslog").glob("*.xml*")):
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        files.append((path.name.removesuffix(".gz"), content))
    kinds: dict[tuple[str, ...], str] = {}
    members: set[str] = set()
    for _, content in files:
        for transaction in ElementTree.fromstring(content):
            key = tuple(
                _text(transaction, name)
                for name in ("WorkstationID", "BusinessDayDate", "SequenceNumber")
            )
            retail = _find(transaction, "RetailTransaction")
            kinds[key] = "control" if retail is None else "retail"
            members |= {e.text or "" for e in transaction.iter() if _is(e, "MembershipID")}
    retail_count = sum(kind == "retail" for kind in kinds.values())
    return RealDay(tuple(files), retail_count, len(kinds) - retail_count, len(members - {""}))


def _is(element: Element, name: str) -> bool:
    return element.tag.rpartition("}")[2] == name


def _find(parent: Element, name: str) -> Element | None:
    return next((child for child in parent if _is(child, name)), None)


def _text(parent: Element, name: str) -> str:
    found = _find(parent, name)
    return (found.text or "") if found is not None else ""

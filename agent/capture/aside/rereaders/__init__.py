"""Who reads again what a source of some kind set aside: a module for each kind.

``Kind`` is the whole register. A module is loaded when its first record is asked for: what reads
receipts or databases is heavy, and a box loads nothing for tills that it has not.
"""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from typing import Any

from agent.capture.aside.rereader import Rereader
from agent.capture.aside.rereaders.asking import Asked

__all__ = ["Asked", "Kind", "rereader_of", "source_told"]


class Kind(StrEnum):
    """A kind of source; its value is the module here that reads what it set aside."""

    TILL = "poslog"
    JOURNAL = "journal"
    PRINTS = "prints"
    DATABASE = "database"
    WEB = "posted"
    ODOO = "odoo"


def rereader_of(kind: Kind, asked: Asked) -> Rereader:
    """Who reads a record of a source of that kind, by the settings and profiles of now.

    Raises:
        BadConfiguration: nobody can say which of several sources it was, or the profile is not
            usable. Says what to do.
    """
    found: Rereader = _module(kind).rereader(asked)
    return found


def source_told(head: bytes) -> str:
    """The tap or folder that a print itself names in its head; empty where it names none."""
    name: str = _module(Kind.PRINTS).source_told(head)
    return name


def _module(kind: Kind) -> Any:
    return import_module(f"{__name__}.{kind}")

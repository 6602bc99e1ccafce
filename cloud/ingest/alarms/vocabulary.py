"""The alarms there are. How grave they are, how they end and their words stand beside, in TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

_FILE: Final = Path(__file__).with_name("vocabulary.toml")


class AlarmKind(StrEnum):
    """Every alarm that the cloud can raise, the gravest first."""

    INGEST_STOPPED = "ingest_stopped"
    REFUSALS_EVERYWHERE = "refusals_everywhere"
    REFUSALS_WITHHELD = "refusals_withheld"
    TWIN_IDENTITY = "twin_identity"
    CLONED_DISK = "cloned_disk"
    OUTBOX_RESTORED = "outbox_restored"
    CONFLICT = "conflict"
    OUTBOX_SALVAGED = "outbox_salvaged"
    EVENTS_LOST = "events_lost"
    LEDGER_WENT_BACK = "ledger_went_back"
    LEDGER_LACKS = "ledger_lacks"
    EVENTS_FORGOTTEN = "events_forgotten"
    LEDGER_RESTORED = "ledger_restored"
    NUMBERS_MISSING = "numbers_missing"
    SUMS_DISAGREE = "sums_disagree"
    RECORDS_UNREAD = "records_unread"
    DEVICE_SILENT = "device_silent"
    WORKER_GONE = "worker_gone"
    DEAD_LETTERS = "dead_letters"
    CLOCK_WRONG = "clock_wrong"
    EVENTS_THINNED = "events_thinned"


class Severity(StrEnum):
    """How soon somebody should look."""

    URGENT = "urgent"
    WARNING = "warning"


class Ending(StrEnum):
    """What ends an alarm.

    A *rule*: it stands as long as its cause does; who acknowledges it says that somebody knows.
    A *person*: something happened, and stays to be seen until somebody acknowledges it.
    """

    RULE = "rule"
    PERSON = "person"


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an alarm says in one language.

    Attributes:
        what: what is wrong.
        detail: the facts in a sentence; they stand in braces.
        next: what to do.
    """

    what: str
    detail: str
    next: str


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One alarm of the vocabulary."""

    severity: Severity
    ends: Ending
    en: Wording
    zh: Wording


@cache
def read_vocabulary() -> Mapping[AlarmKind, Entry]:
    """The whole vocabulary, the gravest first; reads a file of the package, once."""
    told = msgspec.convert(
        tomllib.loads(_FILE.read_text(encoding="utf-8")), type=dict[AlarmKind, Entry]
    )
    return MappingProxyType({kind: told[kind] for kind in AlarmKind})

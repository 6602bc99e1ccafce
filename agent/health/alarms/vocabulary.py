"""The alarms there are. Their severity and words stand in ``vocabulary.toml``, in two languages."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

_FILE: Final = Path(__file__).with_name("vocabulary.toml")


class AlarmKind(StrEnum):
    """Every alarm that an agent can raise."""

    SALE_REFUSED = "sale_refused"
    TILL_BLOCKED = "till_blocked"
    TAP_DOWN = "tap_down"
    OUTBOX_UNREADABLE = "outbox_unreadable"
    OUTBOX_SALVAGED = "outbox_salvaged"
    LOGIN_REFUSED = "login_refused"
    LINE_FAULTY = "line_faulty"
    IDENTITY_SHARED = "identity_shared"
    LEDGER_SILENT = "ledger_silent"
    SALE_OVERDUE = "sale_overdue"
    OFFLINE = "offline"
    EVENTS_HELD_BACK = "events_held_back"
    ROOM_LOW = "room_low"
    EVENTS_REJECTED = "events_rejected"
    FILES_QUARANTINED = "files_quarantined"
    CAPTURE_INCOMPLETE = "capture_incomplete"
    SEQUENCE_GAP = "sequence_gap"
    SEQUENCE_REPEAT = "sequence_repeat"
    ARITHMETIC_DISAGREES = "arithmetic_disagrees"
    BOOKS_NOT_KEPT = "books_not_kept"
    TILL_FOLDER_MISSING = "till_folder_missing"
    PRINTER_UNREACHABLE = "printer_unreachable"
    CAMERA_BLIND = "camera_blind"
    CAMERA_BLOCKED = "camera_blocked"
    CAMERA_MOVED = "camera_moved"
    CAMERA_DARK = "camera_dark"
    CAMERA_FROZEN = "camera_frozen"
    CAMERA_GARBLED = "camera_garbled"
    CLOCK_WRONG = "clock_wrong"


class Severity(StrEnum):
    """How soon somebody should look."""

    URGENT = "urgent"
    WARNING = "warning"


class Wording(msgspec.Struct, frozen=True):
    """What an alarm says in one language.

    Attributes:
        what: what is wrong, as a shop's manager says it.
        next: what to do.
    """

    what: str
    next: str


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One alarm of the vocabulary."""

    severity: Severity
    en: Wording
    zh: Wording


def read_vocabulary() -> Mapping[AlarmKind, Entry]:
    """The whole vocabulary, the gravest first; reads a file of the package."""
    told = msgspec.convert(
        tomllib.loads(_FILE.read_text(encoding="utf-8")), type=dict[AlarmKind, Entry]
    )
    return {kind: told[kind] for kind in AlarmKind}

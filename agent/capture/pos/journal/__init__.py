"""Electronic journals: CSV, fixed width and NDJSON, followed while the till writes them.

A ``JournalProfile`` says how records are written and which belong together. ``JournalReader`` makes
sales of records, ``JournalTail`` finds the records of a growing and rotating file, and
``JournalFollower`` does so in a thread of its own.
"""

from agent.capture.pos.journal.chain import Chain
from agent.capture.pos.journal.cursor import CursorFile
from agent.capture.pos.journal.following import JournalFollower, QuarantinedRecords
from agent.capture.pos.journal.profile import JournalProfile
from agent.capture.pos.journal.reading import JournalReader, RecordReader, SetAside
from agent.capture.pos.journal.segment import Layout
from agent.capture.pos.journal.tail import JournalStatus, JournalTail, TailSettings
from agent.capture.pos.journal.whole import JournalFileReader

__all__ = [
    "Chain",
    "CursorFile",
    "JournalFileReader",
    "JournalFollower",
    "JournalProfile",
    "JournalReader",
    "JournalStatus",
    "JournalTail",
    "Layout",
    "QuarantinedRecords",
    "RecordReader",
    "SetAside",
    "TailSettings",
]

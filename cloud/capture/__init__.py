"""How wholly and how rightly the tills are captured, as far as the ledger shows it.

``sequence`` finds the numbers that are missing or were used twice, ``quality`` says of every source
how it does (both pure), ``reading`` asks the sale table for what they need, ``sums`` shows why a
receipt does not add up. ``fold`` keeps what the shops have in quarantine, ``quarantine`` reads it.
Nothing here is the truth: it can all be made again from the ledger.
"""

from cloud.capture.fold import CaptureFold
from cloud.capture.quality import DISAGREE_LIMIT, Source, SourceFigures, TillFigures, Wholeness
from cloud.capture.quarantine import Quarantined, count_records, find_record, records
from cloud.capture.reading import CaptureDay, read_capture_day
from cloud.capture.sequence import Gap, Habit, Repeat, Series
from cloud.capture.sums import OddReceipt, Sums, odd_receipts

__all__ = [
    "DISAGREE_LIMIT",
    "CaptureDay",
    "CaptureFold",
    "Gap",
    "Habit",
    "OddReceipt",
    "Quarantined",
    "Repeat",
    "Series",
    "Source",
    "SourceFigures",
    "Sums",
    "TillFigures",
    "Wholeness",
    "count_records",
    "find_record",
    "odd_receipts",
    "read_capture_day",
    "records",
]

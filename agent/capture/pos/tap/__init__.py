"""Receipt taps: what tills print is passed on, and written down.

``ReceiptTap`` stands in front of a network printer. Its receipts wait, sealed, in a
``SheetFolder``; a spool over ``waiting`` with that folder's ``kind`` reads them.
"""

from agent.capture.pos.tap.settings import TapSettings
from agent.capture.pos.tap.sheets import Sheet, SheetFolder
from agent.capture.pos.tap.status import TapStatus
from agent.capture.pos.tap.tap import ReceiptTap

__all__ = ["ReceiptTap", "Sheet", "SheetFolder", "TapSettings", "TapStatus"]

"""From what a till wrote, field by field, to the sale that our wire knows.

Journals, printed receipts and databases differ in how their fields are found. Once found, they are
texts under our own names (``transcript``), and one mapper turns them into a sale as a profile says:
amounts and times (``amounts``, ``moments``), codes (``rules``), the natural key (``keys``), goods,
payments and the check of the sums (``sale``).
"""

from agent.capture.pos.mapping.rules import SaleRules
from agent.capture.pos.mapping.sale import SaleMapper
from agent.capture.pos.mapping.transcript import Field, Part, Transcript

__all__ = ["Field", "Part", "SaleMapper", "SaleRules", "Transcript"]

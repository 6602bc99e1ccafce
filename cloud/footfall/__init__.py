"""What the cameras counted, minute by minute, as they reported it.

``row`` turns an event into rows (pure), ``fold`` keeps the tables in step with the ledger,
``reports`` reads them, ``audits`` says how far they were checked. Nothing here knows of hours, days
or sales: see ``cloud.insight``. The tables can be rebuilt from the ledger at any time.
"""

from cloud.footfall.fold import FootfallFold
from cloud.footfall.reports import CameraKey, CameraReport, Interval, Reports, totals

__all__ = ["CameraKey", "CameraReport", "FootfallFold", "Interval", "Reports", "totals"]

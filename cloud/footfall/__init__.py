"""What the cameras counted, minute by minute, as they reported it.

``row`` and ``detail`` turn an event into rows (pure), ``fold`` keeps the tables in step with the
ledger. ``parts`` reads a day of them, ``interval`` adds them up (pure), ``details`` reads what lies
beside, ``reports`` is both; ``quarters`` reads weeks, ``audits`` says how far they were checked.
Nothing here knows of hours, days or sales: see ``cloud.insight``. The tables can be rebuilt from
the ledger at any time.
"""

from cloud.footfall.audits import KnownAudit, audits_beside
from cloud.footfall.details import Details, LineCount, ZoneCount
from cloud.footfall.fold import FootfallFold
from cloud.footfall.interval import CameraKey, Crowd, Interval, looking
from cloud.footfall.parts import totals
from cloud.footfall.quarters import Quarter, quarters
from cloud.footfall.reports import CameraReport, Reports

__all__ = [
    "CameraKey",
    "CameraReport",
    "Crowd",
    "Details",
    "FootfallFold",
    "Interval",
    "KnownAudit",
    "LineCount",
    "Quarter",
    "Reports",
    "ZoneCount",
    "audits_beside",
    "looking",
    "quarters",
    "totals",
]

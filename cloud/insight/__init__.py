"""Figures that need more than one kind of fact: so far, how many visitors became sales.

``trading_day`` says from when to when a business day has the door, ``watching`` which of its
minutes were really watched, ``conversion`` divides, ``footfall_day`` puts a store's day together
(all pure), ``reading`` asks the database for what they need.
"""

from cloud.insight.conversion import Conversion
from cloud.insight.footfall_day import FootfallDay, FootfallHour
from cloud.insight.reading import read_footfall

__all__ = ["Conversion", "FootfallDay", "FootfallHour", "read_footfall"]

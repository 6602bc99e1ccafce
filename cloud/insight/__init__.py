"""Figures that need more than one kind of fact, or more than one report of a camera.

``trading_day`` says from when to when a business day has the door, ``watching`` which of its
minutes were really watched, ``conversion`` divides, ``footfall_day`` puts a store's day at its
doors together; ``doors``, ``occupancy`` and ``zones`` say what cameras tell beside heads,
``crowd_day`` puts that together, ``drift_report`` weeks of it (all pure); ``reading`` asks the
database for what they need.
"""

from cloud.insight.conversion import Conversion
from cloud.insight.crowd_day import CrowdDay, CrowdHour
from cloud.insight.doors import CaptureRate, Doors
from cloud.insight.drift_report import DriftDay, DriftReport, DriftSum
from cloud.insight.footfall_day import FootfallDay, FootfallHour
from cloud.insight.occupancy import Drift, Occupancy, Step
from cloud.insight.reading import read_crowd, read_drift, read_footfall
from cloud.insight.zones import ZoneFigures

__all__ = [
    "CaptureRate",
    "Conversion",
    "CrowdDay",
    "CrowdHour",
    "Doors",
    "Drift",
    "DriftDay",
    "DriftReport",
    "DriftSum",
    "FootfallDay",
    "FootfallHour",
    "Occupancy",
    "Step",
    "ZoneFigures",
    "read_crowd",
    "read_drift",
    "read_footfall",
]

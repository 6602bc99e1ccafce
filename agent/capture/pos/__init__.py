"""Tills: files in a watched folder become sale events.

``spool`` takes the files, ``poslog`` reads them as a ``profile`` says, and a ``SaleSink`` makes the
events durable. ``sensitive`` sees to it that no card data gets into any of them. What a till calls
things differs from vendor to vendor and is data, in ``device_configs/till_profiles``.
"""

from agent.capture.pos.poslog import PoslogReader
from agent.capture.pos.profile import TillProfile, detect_profile, load_profile, load_profiles
from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CaptureContext, CapturedSale, SaleSink
from agent.capture.pos.spool import Spool, SpoolSettings, SpoolStatus

__all__ = [
    "CaptureContext",
    "CapturedSale",
    "PoslogReader",
    "Refused",
    "SaleSink",
    "Spool",
    "SpoolSettings",
    "SpoolStatus",
    "TillProfile",
    "detect_profile",
    "load_profile",
    "load_profiles",
]

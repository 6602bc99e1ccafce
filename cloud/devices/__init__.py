"""The boxes in the shops: which are enrolled, how they log in, whether they live, what they owe.

``Registry`` answers ingest's questions and enrols devices, ``BootClocks`` corrects their times,
``HeartbeatFold`` and ``NoticeFold`` follow the ledger for their signs of life and losses, ``Fleet``
reads it all for people. ``OperatorKeys`` gives boxes what they name cashiers with.
"""

from cloud.devices.cameras import CameraHealth, CameraView
from cloud.devices.facts import Device, DeviceKind, Enrolled
from cloud.devices.fleet import DeviceState, DeviceView, Fleet, Owed
from cloud.devices.heartbeats import HeartbeatFold
from cloud.devices.notices import NoticeFold
from cloud.devices.operator_keys import OperatorKeys
from cloud.devices.registry import Registry
from cloud.devices.sources import SourceHealth, SourceView
from cloud.devices.timekeeping import BootClocks

__all__ = [
    "BootClocks",
    "CameraHealth",
    "CameraView",
    "Device",
    "DeviceKind",
    "DeviceState",
    "DeviceView",
    "Enrolled",
    "Fleet",
    "HeartbeatFold",
    "NoticeFold",
    "OperatorKeys",
    "Owed",
    "Registry",
    "SourceHealth",
    "SourceView",
]

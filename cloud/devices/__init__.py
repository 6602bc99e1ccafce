"""The boxes in the shops: which are enrolled, how they log in, whether they live, what they owe.

``Registry`` answers ingest's questions and enrols devices, ``BootClocks`` corrects their times,
``CameraDrawings`` answers what they propose for their cameras, ``WishPublisher`` sends what is
wanted of them, ``HeartbeatFold`` and ``NoticeFold`` follow the ledger for their signs of life and
losses, ``Fleet`` reads it all for people. With ``OperatorKeys`` boxes name cashiers.
"""

from cloud.devices.cameras import CameraHealth, CameraTrouble, CameraView
from cloud.devices.drawings import CameraDrawings, Proposed, Which
from cloud.devices.facts import Device, DeviceKind, Enrolled
from cloud.devices.fleet import DeviceState, DeviceView, Fleet, Owed
from cloud.devices.heartbeats import HeartbeatFold
from cloud.devices.notices import NoticeFold
from cloud.devices.operator_keys import OperatorKeys
from cloud.devices.registry import Registry
from cloud.devices.sources import SourceHealth, SourceView
from cloud.devices.timekeeping import BootClocks
from cloud.devices.wishes import WishPublisher

__all__ = [
    "BootClocks",
    "CameraDrawings",
    "CameraHealth",
    "CameraTrouble",
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
    "Proposed",
    "Registry",
    "SourceHealth",
    "SourceView",
    "Which",
    "WishPublisher",
]

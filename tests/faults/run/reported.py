"""What the cloud must have noticed by the end of a scenario, and what it must not have imagined."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cloud.config import read_config
from cloud.foundations import Foundations
from cloud.ingest.alarms import AlarmKind, Wanted

GRAVE: Final = frozenset(
    {
        AlarmKind.TWIN_IDENTITY,
        AlarmKind.CLONED_DISK,
        AlarmKind.OUTBOX_RESTORED,
        AlarmKind.OUTBOX_SALVAGED,
        AlarmKind.LEDGER_RESTORED,
        AlarmKind.LEDGER_WENT_BACK,
        AlarmKind.LEDGER_LACKS,
        AlarmKind.EVENTS_FORGOTTEN,
        AlarmKind.CONFLICT,
        AlarmKind.EVENTS_LOST,
    }
)
"""A box or a ledger is not what it was, or something is gone: no kill and no line is a reason."""


def raised(config: Path) -> frozenset[AlarmKind]:
    """The alarms that were ever raised, after one more look; as ``lianke-cloud alarms --all``."""
    with Foundations.lay(read_config(config), may_upgrade=False) as base:
        base.lookout().look()
        return frozenset(alarm.kind for alarm in base.alarms.listed(Wanted(over=True)))

"""What those who run the cloud should know about: a closed vocabulary, and the alarms that stand.

``vocabulary`` says which alarms there are and how each one ends; ``signs`` tells from what devices,
ledger and workers have left in the database which of them there is reason for; ``lookout`` looks
again and again; ``board`` keeps them until a rule or a person has ended them.
"""

from cloud.ingest.alarms.board import CloudAlarms
from cloud.ingest.alarms.rows import AlarmState, CloudAlarm, Wanted
from cloud.ingest.alarms.shown import detail, text_of
from cloud.ingest.alarms.vocabulary import AlarmKind, Ending, Entry, Severity, read_vocabulary

__all__ = [
    "AlarmKind",
    "AlarmState",
    "CloudAlarm",
    "CloudAlarms",
    "Ending",
    "Entry",
    "Severity",
    "Wanted",
    "detail",
    "read_vocabulary",
    "text_of",
]

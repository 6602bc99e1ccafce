"""What a person should know about: a closed vocabulary, and the alarms that stand now.

``vocabulary`` says which alarms there are and what to do; ``signs`` tells from the state of the
agent which of them stand; ``board`` keeps them, over a restart too, until they are over.
"""

from agent.health.alarms.board import Board, StandingAlarm, read_alarm_file
from agent.health.alarms.vocabulary import AlarmKind, Entry, Severity, Wording, read_vocabulary

__all__ = [
    "AlarmKind",
    "Board",
    "Entry",
    "Severity",
    "StandingAlarm",
    "Wording",
    "read_alarm_file",
    "read_vocabulary",
]

"""What the agent owes, holds and lacks: said at any time, whether it runs or not.

``live`` looks at the running parts, ``reading`` at the files beside them or after them; both give
one ``Status``. ``signs`` tells what in it is an alarm, ``text`` and ``figures`` show it.
"""

from agent.health.status.facts import Status
from agent.health.status.reading import read_status
from agent.health.status.text import render

__all__ = ["Status", "read_status", "render"]

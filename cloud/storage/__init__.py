"""The database underneath: how it is opened, how transactions run, and how its schema grows.

Everything above asks for ``open_engine`` once and then works inside ``read`` and ``write``. Nothing
in here knows of events, members or devices.
"""

from cloud.storage.engine import open_engine
from cloud.storage.unit_of_work import in_turn, read, together, write

__all__ = ["in_turn", "open_engine", "read", "together", "write"]

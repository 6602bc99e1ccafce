"""The guide's page: the member in front of you, on a tablet in this shop, offline too.

``server`` runs it in a thread of its own, ``site`` lists its addresses, ``pages`` answers them,
``live`` pushes changes while somebody looks. It reads the replica and nothing else; no member is
named in an address or a log line, and names and numbers are masked until a guide asks.

Beside it, or alone on a box without guides, ``status`` shows the shop's manager how the agent is.
"""

from agent.tablet.line import Line, LineState
from agent.tablet.screen import Shop
from agent.tablet.server import TabletServer
from agent.tablet.site import Limits

__all__ = ["Limits", "Line", "LineState", "Shop", "TabletServer"]

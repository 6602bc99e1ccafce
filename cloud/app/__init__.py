"""The cloud's composition root: the same parts in one process or in several.

    broker → ingest → ledger → views (heartbeats, sales, members, cards) → card publisher
                                  └→ API and console

``own_broker`` and ``broker_login`` reach the broker, ``ingesting`` puts an ingest worker together,
``publishing`` sends to the shops what the views have made, ``service`` starts them in this order.
"""

from cloud.app.broker_login import PASSWORD_VARIABLE
from cloud.app.service import Roles, Service

__all__ = ["PASSWORD_VARIABLE", "Roles", "Service"]

"""Who the retailers are and where their shops stand: tenants and stores, and what is true of each.

A store's time zone makes its hours, its currency its totals, its phone region the numbers that its
tills write without a country code.
"""

from cloud.organisation.facts import Store
from cloud.organisation.repository import (
    Ensured,
    ensure_store,
    find_store,
    stores_of,
    tenants,
)

__all__ = ["Ensured", "Store", "ensure_store", "find_store", "stores_of", "tenants"]

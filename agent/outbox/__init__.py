"""The durable promise: every captured event lies here until the ledger has it.

``Outbox`` writes, ``Inspection`` looks on. See docs/explanation/outbox.md.
"""

from agent.outbox.facts import ComposeClosed, Depth, Draft, Lease, Stored
from agent.outbox.inspection import DeadLetter, Inspection, Pending
from agent.outbox.journal import Outbox

__all__ = [
    "ComposeClosed",
    "DeadLetter",
    "Depth",
    "Draft",
    "Inspection",
    "Lease",
    "Outbox",
    "Pending",
    "Stored",
]

"""The durable promise: every captured event lies here until the ledger has it.

``Outbox`` writes, ``Inspection`` looks on. See docs/explanation/outbox.md.
"""

from agent.outbox.budget import Budget, Thrift
from agent.outbox.facts import ComposeClosed, Depth, Draft, Lease, Stored
from agent.outbox.inspection import DeadLetter, Inspection, Pending
from agent.outbox.journal import Outbox
from agent.outbox.upkeep import Housekeeping

__all__ = [
    "Budget",
    "ComposeClosed",
    "DeadLetter",
    "Depth",
    "Draft",
    "Housekeeping",
    "Inspection",
    "Lease",
    "Outbox",
    "Pending",
    "Stored",
    "Thrift",
]
